package lambdarun

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// The environment that the function sees.
const (
	region  = "us-east-1"
	account = "123456789012"
)

// minimal is what a process on Lambda's provided.al2023 gets besides the
// function's own settings.
var minimal = []string{
	"PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin",
	"LANG=en_US.UTF-8",
	"TZ=:UTC",
}

// environment lists o.Env and, after it so that they win, the variables that
// Lambda sets for every function.
func environment(o Options, runtimeAPI string) []string {
	env := o.Env
	if env == nil {
		env = minimal
	}
	name := nameOf(o.Binary)
	return append(slices.Clone(env),
		"AWS_LAMBDA_RUNTIME_API="+runtimeAPI,
		"AWS_LAMBDA_FUNCTION_NAME="+name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(o.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+name,
		"AWS_LAMBDA_LOG_STREAM_NAME="+time.Now().UTC().Format("2006/01/02")+"/[$LATEST]local",
		"AWS_REGION="+region,
		"AWS_DEFAULT_REGION="+region,
		"LAMBDA_TASK_ROOT="+filepath.Dir(o.Binary),
		"_HANDLER=bootstrap",
	)
}

// traceID returns a trace header of X-Ray's shape, unsampled.
func traceID() string {
	var b [20]byte
	rand.Read(b[:])
	return fmt.Sprintf("Root=1-%08x-%x;Parent=%x;Sampled=0", uint32(time.Now().Unix()), b[:12], b[12:])
}
