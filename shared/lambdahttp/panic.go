package lambdahttp

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// maxFrames bounds the stack in a log line.
const maxFrames = 32

// logPanic reports a recovered panic value without what it says, unless the
// runtime said it: those texts name types, indexes and lengths.
func logPanic(ctx context.Context, value any) {
	what := fmt.Sprintf("%T", value)
	if err, ok := value.(runtime.Error); ok {
		what = err.Error()
	}
	slog.LogAttrs(ctx, slog.LevelError, "panic",
		slog.String("request_id", requestID(ctx)),
		slog.String("panic", what),
		slog.String("stack", stack()))
}

// stack names the functions from the panic outwards, as `name (file:line)`,
// without the argument words that runtime/debug would print.
func stack() string {
	const toDeferred = 4 // runtime.Callers, stack, logPanic, the deferred function
	pcs := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(toDeferred, pcs)])
	var b strings.Builder
	for {
		frame, more := frames.Next()
		fmt.Fprintf(&b, "%s (%s:%d)", frame.Function, filepath.Base(frame.File), frame.Line)
		if !more {
			return b.String()
		}
		b.WriteString(" < ")
	}
}

// requestID is Lambda's id of the invocation, or "".
func requestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}
