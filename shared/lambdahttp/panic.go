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

// logPanic logs a recovered panic without its value, except for the runtime's
// own errors: those contain only types, indexes and lengths.
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

// stack lists the functions from the panic outwards, as `name (file:line)`,
// without the argument words that runtime/debug prints.
func stack() string {
	const skip = 4 // runtime.Callers, stack, logPanic, the deferred function
	pcs := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(skip, pcs)])
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

// requestID returns Lambda's id of the invocation, or "".
func requestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}
