// Echo is a function for lambdarun's tests. An event with "do" makes it
// behave or misbehave in that way; any other is taken for an HTTP request,
// and its response's body is the event.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type command struct {
	Do     string          `json:"do"`
	Answer json.RawMessage `json:"answer"`
	Length int             `json:"length"`
	Millis int             `json:"millis"`
}

func main() {
	fmt.Println("starting")
	switch os.Getenv("INIT") {
	case "exit":
		os.Exit(3)
	case "error":
		url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
		body := `{"errorType":"Config.Missing","errorMessage":"no settings"}`
		if _, err := http.Post(url, "application/json", strings.NewReader(body)); err != nil {
			panic(err)
		}
		os.Exit(1)
	case "slow":
		time.Sleep(600 * time.Millisecond)
	case "hang":
		time.Sleep(time.Minute)
	}
	lambda.Start(handle)
}

func handle(ctx context.Context, event json.RawMessage) (any, error) {
	var c command
	if err := json.Unmarshal(event, &c); err != nil {
		return nil, err
	}
	switch c.Do {
	case "":
		return map[string]any{"statusCode": 200, "body": string(event)}, nil
	case "answer":
		return c.Answer, nil
	case "pid":
		return os.Getpid(), nil
	case "environment":
		return os.Environ(), nil
	case "context":
		return describe(ctx), nil
	case "fill":
		return strings.Repeat("x", c.Length), nil
	case "sleep":
		time.Sleep(time.Duration(c.Millis) * time.Millisecond)
		return os.Getpid(), nil
	case "fail":
		return nil, errors.New("as asked")
	case "panic":
		panic("as asked")
	case "exit":
		os.Exit(7)
	case "exit-later":
		time.AfterFunc(50*time.Millisecond, func() { os.Exit(7) })
		return "ok", nil
	case "child":
		child := exec.Command("/bin/sleep", "300")
		if err := child.Start(); err != nil {
			return nil, err
		}
		return child.Process.Pid, nil
	case "spin":
		for end := time.Now().Add(time.Duration(c.Millis) * time.Millisecond); time.Now().Before(end); {
		}
		return "ok", nil
	}
	return nil, fmt.Errorf("cannot %q", c.Do)
}

func describe(ctx context.Context) map[string]any {
	dir, _ := os.Getwd()
	deadline, _ := ctx.Deadline()
	lc, _ := lambdacontext.FromContext(ctx)
	return map[string]any{
		"dir":       dir,
		"remaining": time.Until(deadline).Milliseconds(),
		"id":        lc.AwsRequestID,
		"arn":       lc.InvokedFunctionArn,
		"trace":     os.Getenv("_X_AMZN_TRACE_ID"),
		"memory":    lambdacontext.MemoryLimitInMB,
	}
}
