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
	// maxAnswer has room for the largest secret, 64 KiB, in JSON's escapes.
	maxAnswer = 512 << 10
	attempts  = 3
	// pause is before the second attempt; it doubles.
	pause = 100 * time.Millisecond
)

// secret is one that was asked for.
type secret struct {
	text string
	err  error
}

// field is the secret itself, or a field of it where it is a JSON object.
func (s secret) field(name string) (string, error) {
	text, err := s.text, s.err
	if err == nil && name != "" {
		var fields map[string]any
		if json.Unmarshal([]byte(s.text), &fields) != nil {
			return "", errors.New("a field of it is asked for, and it is no JSON object")
		}
		var ok bool
		if text, ok = fields[name].(string); !ok {
			return "", errors.New("it has no field of that name that is a string")
		}
	}
	if err == nil && text == "" {
		err = errors.New("it is empty")
	}
	return text, err
}

// service is how one of the two is asked, in AWS's JSON 1.1 protocol.
type service struct {
	target   string // X-Amz-Target
	endpoint string // the variable that AWS's own tools take another address from
	body     func(arn string) any
	text     func(answer) *string
}

type answer struct {
	SecretString *string
	Parameter    struct{ Value *string }
}

var services = map[string]service{
	"secretsmanager": {
		target: "secretsmanager.GetSecretValue", endpoint: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
		body: func(arn string) any { return map[string]any{"SecretId": arn} },
		text: func(a answer) *string { return a.SecretString },
	},
	"ssm": {
		target: "AmazonSSM.GetParameter", endpoint: "AWS_ENDPOINT_URL_SSM",
		body: func(arn string) any { return map[string]any{"Name": arn, "WithDecryption": true} },
		text: func(a answer) *string { return a.Parameter.Value },
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

// get asks until there is an answer, a refusal, or no more attempts or time.
func (c client) get(ctx context.Context, ref config.Reference) secret {
	keys := credentials{c.variable("AWS_ACCESS_KEY_ID"), c.variable("AWS_SECRET_ACCESS_KEY"),
		c.variable("AWS_SESSION_TOKEN")}
	if keys.id == "" || keys.secret == "" {
		return secret{err: errors.New("there are no AWS credentials here; outside of AWS set the secret itself")}
	}
	address, err := c.address(ref)
	if err != nil {
		return secret{err: err}
	}
	for attempt := 0; ; attempt++ {
		text, again, err := c.attempt(ctx, ref, address, keys)
		if err == nil || !again || attempt == attempts-1 {
			return secret{text, err}
		}
		select {
		case <-ctx.Done():
			return secret{err: err}
		case <-time.After(pause << attempt):
		}
	}
}

// address is the service's own in the secret's region, or the one that the
// environment names for it; in clear only on this machine.
func (c client) address(ref config.Reference) (*url.URL, error) {
	suffix, known := suffixes[ref.Partition]
	raw := "https://" + ref.Service + "." + ref.Region + "." + suffix + "/"
	if other := c.variable(services[ref.Service].endpoint); other != "" {
		raw, known = other, true
	}
	u, err := url.Parse(raw)
	if err != nil || !known || u.Host == "" {
		return nil, errors.New("the address of its service is not known")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && !ip.IsLoopback()) {
		return nil, errors.New("its service must be called over https")
	}
	return u, nil
}

// attempt makes one call, and says whether another may do better.
func (c client) attempt(ctx context.Context, ref config.Reference, address *url.URL, keys credentials) (
	text string, again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptWithin)
	defer cancel()
	s := services[ref.Service]
	body, err := json.Marshal(s.body(ref.ARN))
	if err != nil {
		return "", false, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), bytes.NewReader(body))
	if err != nil {
		return "", false, errors.New("its service's address cannot be used")
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", s.target)
	keys.sign(r, body, ref.Region, ref.Service, time.Now())
	resp, err := c.http.Do(r)
	if err != nil {
		return "", true, unreachable(ctx, ref)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return "", true, unreachable(ctx, ref)
	case len(content) > maxAnswer:
		return "", false, fmt.Errorf("%s answered more than %d bytes", ref.Service, maxAnswer)
	case resp.StatusCode != http.StatusOK:
		again, err := refusal(resp.StatusCode, content, ref)
		return "", again, err
	}
	var a answer
	if json.Unmarshal(content, &a) != nil {
		return "", false, fmt.Errorf("%s answered what is not its JSON", ref.Service)
	}
	if value := s.text(a); value != nil {
		return *value, false, nil
	}
	return "", false, errors.New("it holds no text; store it as a string")
}

func unreachable(ctx context.Context, ref config.Reference) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s in %s did not answer in time; in a VPC the function needs a way to it", ref.Service, ref.Region)
	}
	return fmt.Errorf("%s in %s could not be reached; in a VPC the function needs a way to it", ref.Service, ref.Region)
}

// remedies by the services' error codes.
var remedies = map[string]string{
	"AccessDeniedException":     "let the function's role read it, and decrypt with its key if that is your own (SecretsKeyArn)",
	"DecryptionFailure":         "let the function's role decrypt with its key (SecretsKeyArn)",
	"ResourceNotFoundException": "there is none at that ARN",
	"ParameterNotFound":         "there is none at that ARN",
}

// refusal reads the error code of an answer that is none, and whether it passes.
func refusal(status int, content []byte, ref config.Reference) (again bool, err error) {
	var problem struct {
		Type string `json:"__type"`
	}
	_ = json.Unmarshal(content, &problem) // without a code, the status has to do
	code := problem.Type[strings.LastIndexByte(problem.Type, '#')+1:]
	remedy := remedies[code]
	if remedy == "" {
		remedy = "see the service's documentation of that error"
	}
	if !word(code) {
		code = "no error code"
	}
	again = status >= 500 || status == http.StatusTooManyRequests || code == "ThrottlingException"
	return again, fmt.Errorf("%s answered %d %s: %s", ref.Service, status, code, remedy)
}

// word reports whether text is like an error code, and like nothing that is kept
// secret: letters alone, and few.
func word(text string) bool {
	return text != "" && len(text) <= 48 && !strings.ContainsFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	})
}
