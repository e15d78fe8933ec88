// Package lambdarun runs a built function on this machine the way AWS Lambda
// runs it: as a process of its own that fetches events from a Runtime API,
// one at a time, with a deadline.
//
// It is for development, tests and benchmarks. It shows what a test of the
// handler alone cannot: what the binary costs to start, what it does after a
// panic, a crash or a timeout, and what really arrives after an HTTP request
// has become each platform's event and the answer has become HTTP again.
//
// It defends against its own leftovers and against the function: a process is
// killed with everything it started, an event or answer over Lambda's 6 MB is
// refused, and nothing of the caller's environment reaches the function unless
// it is passed. The Runtime API listens on 127.0.0.1 only and refuses browsers,
// since an event may carry somebody's token.
//
// The Runtime API is Lambda's version 2018-06-01:
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package lambdarun
