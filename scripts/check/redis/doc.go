// Package redis tests what instances of a function share by REDIS_URL, with
// built functions, or the parts they are built of, in processes of their own
// and a real redis-server. Its tests stand behind the build tag realtools; the
// check program runs them.
package redis
