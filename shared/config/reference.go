package config

import (
	"errors"
	"strings"

	"kinde-functions/shared/text"
)

// Reference names a secret that AWS keeps, in Secrets Manager or in Systems
// Manager's Parameter Store: `<ARN>`, or `<ARN>#<field>` for a field of a secret
// that is a JSON object.
type Reference struct {
	ARN       string
	Partition string // such as aws
	Service   string // secretsmanager or ssm
	Region    string
	Field     string // empty: the whole secret
}

// isReference tells an ARN from a secret: no secret of this service begins like one.
func isReference(value string) bool { return strings.HasPrefix(value, "arn:") }

var errReference = errors.New("begins like an ARN and is not a secret's; it must be " +
	"arn:aws:secretsmanager:<region>:<account>:secret:<name> or arn:aws:ssm:<region>:<account>:parameter/<name>, " +
	"followed by #<field> if the secret is JSON")

// ParseReference reads a reference; ok is false for any other value, which is the
// secret itself. Host names are made of what it accepts.
func ParseReference(value string) (r Reference, ok bool, err error) {
	if !isReference(value) {
		return Reference{}, false, nil
	}
	arn, field, hasField := strings.Cut(value, "#")
	part := strings.SplitN(arn, ":", 6)
	if len(part) != 6 || hasField && !printable(field) {
		return Reference{}, true, errReference
	}
	r = Reference{ARN: arn, Partition: part[1], Service: part[2], Region: part[3], Field: field}
	kind := map[string]string{"secretsmanager": "secret:", "ssm": "parameter/"}[r.Service]
	name, named := strings.CutPrefix(part[5], kind)
	plain := consistsOf(r.Partition, lowercase+"-") && consistsOf(r.Region, lowercase+digits+"-") &&
		consistsOf(part[4], digits) && text.IsPlain(name, len(name), "/_+=.@-")
	if kind == "" || !named || !plain {
		return Reference{}, true, errReference
	}
	return r, true, nil
}

// consistsOf reports whether s is not empty and holds these characters alone.
func consistsOf(s, characters string) bool { return s != "" && strings.Trim(s, characters) == "" }
