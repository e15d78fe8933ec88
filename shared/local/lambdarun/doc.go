// Package lambdarun runs a built function on this machine the way AWS Lambda
// runs it: as a process of its own that fetches events from a Runtime API,
// one at a time, with a deadline.
//
// It is for development, tests and benchmarks. It shows what tests of a handler cannot: the
// cost of a start, the behavior after a panic, a crash, a timeout or a freeze, and the
// request after conversion to each platform's event.
//
// It defends against leftover processes and against the function: a process is
// killed with everything it started, an event or response over Lambda's 6 MB is
// refused, and the caller's environment is not passed to the function. The
// Runtime API listens on 127.0.0.1 only and refuses browsers, since an event may
// contain a user's token.
//
// The Runtime API is Lambda's version 2018-06-01:
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package lambdarun
