package secrets

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The signatures are those that AWS's SDK for Python makes of the same requests.
func TestSignaturesAreTheSDKs(t *testing.T) {
	for _, row := range []struct{ url, region, service, target, body, session, want string }{
		{
			"https://secretsmanager.eu-central-1.amazonaws.com/", "eu-central-1", "secretsmanager",
			"secretsmanager.GetSecretValue",
			`{"SecretId":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:kinde-AbCdEf"}`, "session/token+==",
			"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260203/eu-central-1/secretsmanager/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=bf15da97d7b6d665355aab15abd82e78539e0644de362e668d2b50598b0d69b3",
		},
		{
			"http://127.0.0.1:8123/", "us-east-1", "ssm", "AmazonSSM.GetParameter",
			`{"Name":"arn:aws:ssm:us-east-1:123456789012:parameter/kinde/secret","WithDecryption":true}`, "",
			"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260203/us-east-1/ssm/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=63f26a65ae7c9c48a365406c3c86d5bc9d3d3b3d4610fed151eabcdf48aa1a16",
		},
	} {
		r, err := http.NewRequest(http.MethodPost, row.url, strings.NewReader(row.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", row.target)
		keys := credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", row.session}
		keys.sign(r, []byte(row.body), row.region, row.service, time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC))
		if got := r.Header.Get("Authorization"); got != row.want {
			t.Errorf("got  %s\nwant %s", got, row.want)
		}
	}
}
