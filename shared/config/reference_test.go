package config

import (
	"errors"
	"strings"
	"testing"
)

func TestReferences(t *testing.T) {
	const sm, ssm = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kinde/prod-AbCdEf",
		"arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/kinde/prod"
	for value, want := range map[string]Reference{
		sm:           {ARN: sm, Partition: "aws", Service: "secretsmanager", Region: "eu-central-1"},
		sm + "#keys": {ARN: sm, Partition: "aws", Service: "secretsmanager", Region: "eu-central-1", Field: "keys"},
		ssm:          {ARN: ssm, Partition: "aws-us-gov", Service: "ssm", Region: "us-gov-west-1"},
	} {
		if got, ok, err := ParseReference(value); got != want || !ok || err != nil {
			t.Errorf("ParseReference(%q) = %+v, %v, %v, want %+v", value, got, ok, err, want)
		}
	}
	for _, value := range []string{"", "secret", "barn:aws:ssm:", "https://arn:aws"} {
		if _, ok, err := ParseReference(value); ok || err != nil {
			t.Errorf("ParseReference(%q) = %v, %v, want no reference and no error", value, ok, err)
		}
	}
	for _, value := range []string{
		"arn:", "arn:aws:s3:::bucket", sm + "#", sm + "#a b", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:",
		"arn:aws:secretsmanager:eu.evil.example/:123456789012:secret:a", "arn:aws:secretsmanager::123456789012:secret:a",
		"arn:aws.evil.example:ssm:eu-central-1:1:parameter/a", "arn:aws:ssm:eu-central-1:x:parameter/a",
		"arn:aws:ssm:eu-central-1:1:secret:a",
		"arn:aws:ssm:eu-central-1:1:parameter/a:3", "arn:aws:secretsmanager:eu-central-1:1:secret:a\n",
		"arn:aws:secretsmanager:eu-central-1:1:secret:*",
	} {
		_, ok, err := ParseReference(value)
		if !ok || err == nil || strings.Contains(err.Error(), "evil") {
			t.Errorf("ParseReference(%q) = %v, %v, want a reference and an error without the value", value, ok, err)
		}
	}
}

// A secret's setting that names one counts as set, for its pair too; others are
// what they say.
func TestLoadLeavesReferencesAlone(t *testing.T) {
	const arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/x"
	env := []string{"KINDE_ISSUER_URL", "https://i.example", "KINDE_CLIENT_ID", "c", "KINDE_SITE_URL", "https://s.example"}
	for name, row := range map[string]struct {
		env            []string
		missing, wrong string
	}{
		"all four": {[]string{"KINDE_CLIENT_SECRET", arn, "SESSION_KEYS", arn, "REDIS_URL", arn,
			"KINDE_M2M_CLIENT_ID", "m", "KINDE_M2M_CLIENT_SECRET", arn, "ORIGIN_SECRET", arn}, "", ""},
		"half of a pair":    {[]string{"SESSION_KEYS", arn}, "KINDE_CLIENT_SECRET", ""},
		"malformed":         {[]string{"KINDE_CLIENT_SECRET", "arn:aws:s3:::x"}, "", "KINDE_CLIENT_SECRET"},
		"not of a secret's": {[]string{"KINDE_MANAGEMENT_URL", arn}, "", "KINDE_MANAGEMENT_URL"},
	} {
		_, err := Load(environment(append(row.env, env...)...), All()...)
		faults, _ := errors.AsType[Faults](err)
		missing, wrong := faults.Split()
		if strings.Join(missing, " ") != row.missing || strings.Join(wrong, " ") != row.wrong {
			t.Errorf("%s: got missing %v, wrong %v, want %q, %q", name, missing, wrong, row.missing, row.wrong)
		}
	}
}
