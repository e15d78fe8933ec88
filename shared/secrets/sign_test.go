package secrets

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The signatures are those of AWS's SDK for Python for the same requests.
func TestSignatureMatchesSDK(t *testing.T) {
	for _, c := range []struct{ url, region, service, target, body, session, signed, want string }{
		{
			"https://secretsmanager.eu-central-1.amazonaws.com/", "eu-central-1", "secretsmanager",
			"secretsmanager.GetSecretValue",
			`{"SecretId":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:kinde-AbCdEf"}`, "session/token+==",
			"content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
			"bf15da97d7b6d665355aab15abd82e78539e0644de362e668d2b50598b0d69b3",
		},
		{
			"http://127.0.0.1:8123/", "us-east-1", "ssm", "AmazonSSM.GetParameter",
			`{"Name":"arn:aws:ssm:us-east-1:123456789012:parameter/kinde/secret","WithDecryption":true}`, "",
			"content-type;host;x-amz-date;x-amz-target",
			"63f26a65ae7c9c48a365406c3c86d5bc9d3d3b3d4610fed151eabcdf48aa1a16",
		},
	} {
		r, err := http.NewRequest(http.MethodPost, c.url, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", c.target)
		keys := credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", c.session}
		keys.sign(r, []byte(c.body), c.region, c.service, time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC))
		want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260203/" + c.region + "/" + c.service +
			"/aws4_request, SignedHeaders=" + c.signed + ", Signature=" + c.want
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
