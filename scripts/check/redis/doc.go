// Package redis tests what instances of a function share through REDIS_URL, with built
// functions in several processes and a real redis-server. Its tests have the build tag
// realtools; run them by "go run ./scripts/check redis".
package redis
