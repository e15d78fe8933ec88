package secrets

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kinde-functions/shared/config"
)

const (
	// maxResponse holds the largest secret, 64 KiB, in JSON's escapes.
	maxResponse = 512 << 10
	attempts    = 3
	// pause precedes the second attempt and doubles after each.
	pause = 100 * time.Millisecond
)

// secret is the result of a call.
type secret struct {
	text string
	err  error
}

// field returns the secret's text, or if name is not empty, that field of its JSON object.
func (s secret) field(name string) (string, error) {
	text, err := s.text, s.err
	if err == nil && name != "" {
		var fields map[string]any
		if json.Unmarshal([]byte(s.text), &fields) != nil {
			return "", errors.New("the reference names a field, but the secret is not a JSON object")
		}
		var ok bool
		if text, ok = fields[name].(string); !ok {
			return "", errors.New("the secret has no string field of that name")
		}
	}
	if err == nil && text == "" {
		err = errors.New("the secret is empty")
	}
	return text, err
}

// service describes the call of one service, in AWS's JSON 1.1 protocol.
type service struct {
	target   string // X-Amz-Target
	endpoint string // the variable with which AWS's tools override the address
	body     func(arn string) any
	text     func(response) *string
}

type response struct {
	SecretString *string
	Parameter    struct{ Value *string }
}

var services = map[string]service{
	"secretsmanager": {
		target: "secretsmanager.GetSecretValue", endpoint: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
		body: func(arn string) any { return map[string]any{"SecretId": arn} },
		text: func(r response) *string { return r.SecretString },
	},
	"ssm": {
		target: "AmazonSSM.GetParameter", endpoint: "AWS_ENDPOINT_URL_SSM",
		body: func(arn string) any { return map[string]any{"Name": arn, "WithDecryption": true} },
		text: func(r response) *string { return r.Parameter.Value },
	},
}

// suffixes are the domains of AWS's partitions.
var suffixes = map[string]string{"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}

type client struct {
	http   *http.Client
	lookup config.Lookup
}

func (c client) variable(name string) string {
	value, _ := c.lookup(name)
	return value
}

// get fetches a secret. It retries temporary failures while attempts and time are left.
func (c client) get(ctx context.Context, ref config.Reference) secret {
	keys := credentials{c.variable("AWS_ACCESS_KEY_ID"), c.variable("AWS_SECRET_ACCESS_KEY"),
		c.variable("AWS_SESSION_TOKEN")}
	if keys.id == "" || keys.secret == "" {
		return secret{err: errors.New("no AWS credentials; outside of AWS, set the secret itself")}
	}
	address, err := c.address(ref)
	if err != nil {
		return secret{err: err}
	}
	for attempt := 0; ; attempt++ {
		text, retry, err := c.attempt(ctx, ref, address, keys)
		if err == nil || !retry || attempt == attempts-1 {
			return secret{text, err}
		}
		select {
		case <-ctx.Done():
			return secret{err: err}
		case <-time.After(pause << attempt):
		}
	}
}

// address returns the address of the secret's service in its region, or the one in the
// environment. Plain HTTP is allowed on the loopback interface alone.
func (c client) address(ref config.Reference) (*url.URL, error) {
	suffix, known := suffixes[ref.Partition]
	raw := "https://" + ref.Service + "." + ref.Region + "." + suffix + "/"
	if other := c.variable(services[ref.Service].endpoint); other != "" {
		raw, known = other, true
	}
	u, err := url.Parse(raw)
	if err != nil || !known || u.Host == "" {
		return nil, errors.New("the address of the service is unknown")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && !ip.IsLoopback()) {
		return nil, errors.New("the service must be called over https")
	}
	return u, nil
}

// attempt makes one call and reports whether a failure may be retried.
func (c client) attempt(ctx context.Context, ref config.Reference, address *url.URL, keys credentials) (
	text string, retry bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	s := services[ref.Service]
	body, err := json.Marshal(s.body(ref.ARN))
	if err != nil {
		return "", false, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), bytes.NewReader(body))
	if err != nil {
		return "", false, errors.New("the address of the service is invalid")
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", s.target)
	keys.sign(r, body, ref.Region, ref.Service, time.Now())
	resp, err := c.http.Do(r)
	if err != nil {
		return "", true, unreachable(ctx, ref)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	switch {
	case err != nil:
		return "", true, unreachable(ctx, ref)
	case len(content) > maxResponse:
		return "", false, fmt.Errorf("the response of %s exceeds %d bytes", ref.Service, maxResponse)
	case resp.StatusCode != http.StatusOK:
		retry, err := refusal(resp.StatusCode, content, ref)
		return "", retry, err
	}
	var decoded response
	if json.Unmarshal(content, &decoded) != nil {
		return "", false, fmt.Errorf("the response of %s is not the expected JSON", ref.Service)
	}
	if value := s.text(decoded); value != nil {
		return *value, false, nil
	}
	return "", false, errors.New("the secret has no text; store it as a string")
}

func unreachable(ctx context.Context, ref config.Reference) error {
	if ctx.Err() != nil {
		return fmt.Errorf("no response from %s in %s in time; a function in a VPC needs a route to it",
			ref.Service, ref.Region)
	}
	return fmt.Errorf("%s in %s is unreachable; a function in a VPC needs a route to it", ref.Service, ref.Region)
}

// remedies by the services' error codes.
var remedies = map[string]string{
	"AccessDeniedException": "allow the function's role to read the secret, " +
		"and to decrypt it if its key is your own (SecretsKeyArn)",
	"DecryptionFailure":         "allow the function's role to decrypt with the secret's key (SecretsKeyArn)",
	"ResourceNotFoundException": "the ARN names no secret",
	"ParameterNotFound":         "the ARN names no parameter",
}

// refusal returns the error for an error response, and whether it is temporary.
func refusal(status int, content []byte, ref config.Reference) (temporary bool, err error) {
	var problem struct {
		Type string `json:"__type"`
	}
	_ = json.Unmarshal(content, &problem) // the code is optional
	code := problem.Type[strings.LastIndexByte(problem.Type, '#')+1:]
	remedy := remedies[code]
	if remedy == "" {
		remedy = "see the service's documentation of the error"
	}
	if !word(code) {
		code = "no error code"
	}
	temporary = status >= 500 || status == http.StatusTooManyRequests || code == "ThrottlingException"
	return temporary, fmt.Errorf("%s responded %d %s: %s", ref.Service, status, code, remedy)
}

// word reports whether text has the form of an error code, which secrets do not have:
// letters alone, at most 48.
func word(text string) bool {
	return text != "" && len(text) <= 48 && !strings.ContainsFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	})
}
