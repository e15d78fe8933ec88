package cloudformation

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"kinde-functions/shared/route"
)

func init() {
	rules["the distribution keeps nothing of the functions"] = rule{caching, [][2]string{
		{"PathPattern: /auth/*", "PathPattern: /auth/log*"},
		{"PathPattern: /.netlify/functions/*", "PathPattern: /netlify/functions/*"},
		{"PathPattern: /portal\n", "PathPattern: /*\n"},
		{"4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "658327ea-f89d-4fab-a63d-7e88639e58f6"},
		{"            OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac # AllViewerExceptHostHeader\n", ""},
		{"b689b0a8-53d0-40ab-baf2-68738e2966ac", "216adef6-5c7f-47e4-b989-5492eafa07d3"},
		{"PUT, PATCH, POST, DELETE", "PUT, PATCH, DELETE"},
		{"{ ErrorCode: 502, ErrorCachingMinTTL: 0 }", "{ ErrorCode: 502, ErrorCachingMinTTL: 1 }"},
		{"          - { ErrorCode: 503, ErrorCachingMinTTL: 0 }\n", ""},
		{"{ ErrorCode: 404, ErrorCachingMinTTL: 0 }", "{ ErrorCode: 404, ErrorCachingMinTTL: 0, ResponseCode: 404, ResponsePagePath: /404.html }"},
		{"            FunctionAssociations: *viewer\n", ""},
	}}
	rules["only the distribution is believed"] = rule{proof, [][2]string{
		{"HeaderName: X-Origin-Secret", "HeaderName: X-Origin-Verify"},
		{"['x-viewer-host'] = { value", "['x-forwarded-host'] = { value"},
		{"event.viewer.ip", "request.headers['x-forwarded-for'].value"},
		{`ORIGIN_SECRET: !If [Site, !Sub "{{resolve:secretsmanager:${OriginSecret}}}", ""]`, `ORIGIN_SECRET: !If [Site, !Ref AWS::StackId, ""]`},
		{`HeaderValue: !Sub "{{resolve:secretsmanager:${OriginSecret}}}"`, `HeaderValue: !Ref AWS::StackId`},
		{"PasswordLength: 48, ExcludePunctuation: true", "PasswordLength: 16, ExcludePunctuation: true"},
		{"OriginProtocolPolicy: https-only", "OriginProtocolPolicy: match-viewer"},
	}}
	rules["the pages are private and safe"] = rule{pages, [][2]string{
		{"BlockPublicPolicy: true", "BlockPublicPolicy: false"},
		{"            OriginAccessControlId: !Ref PagesAccess\n", ""},
		{"SigningBehavior: always", "SigningBehavior: never"},
		{"TLSv1.2_2021", "TLSv1.1_2016"},
		{"HttpVersion: http2and3", "HttpVersion: http2"},
		{"frame-ancestors 'none'", "frame-ancestors 'self'"},
		{"Header: Cross-Origin-Opener-Policy, Value: same-origin", "Header: Cross-Origin-Opener-Policy, Value: unsafe-none"},
		{"            - { Override: true, Header: Cross-Origin-Resource-Policy, Value: same-origin }\n", ""},
		{"          ResponseHeadersPolicyId: !Ref PagesHeaders\n", ""},
		{"            FunctionAssociations: *viewer\n", "            FunctionAssociations: *viewer\n            ResponseHeadersPolicyId: !Ref PagesHeaders\n"},
		{"        DefaultRootObject: index.html\n", ""},
	}}
}

const (
	cachingDisabled           = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	allViewerExceptHostHeader = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
)

// cachedErrors are the statuses that CloudFront ever keeps.
var cachedErrors = []int{400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}

func distribution(template object) any {
	return at(template, "Resources", "Distribution", "Properties", "DistributionConfig")
}

// behavior is the one that serves a path: the first that matches, or the default.
func behavior(template object, path string) any {
	for _, b := range items(distribution(template), "CacheBehaviors") {
		pattern := regexp.QuoteMeta(text(b, "PathPattern"))
		if regexp.MustCompile("^" + strings.ReplaceAll(pattern, `\*`, ".*") + "$").MatchString(path) {
			return b
		}
	}
	return at(distribution(template), "DefaultCacheBehavior")
}

func caching(t *testing.T, template object) (wrong []string) {
	for _, row := range route.Table {
		for _, path := range []string{row.Pattern, row.Address()} {
			b := behavior(template, path)
			called := items(b, "FunctionAssociations")
			if text(b, "TargetOriginId") != "api" || text(b, "CachePolicyId") != cachingDisabled || text(b, "OriginRequestPolicyId") != allViewerExceptHostHeader ||
				len(called) != 1 || !slices.Contains(references(called), "SiteViewer") || !slices.Contains(texts(at(b, "AllowedMethods")), row.Method) || at(b, "Compress") == true {
				wrong = append(wrong, path+" is cached, not served or not served whole")
			}
		}
	}
	err := filepath.WalkDir(filepath.Join(root, "public"), func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			relative, _ := filepath.Rel(filepath.Join(root, "public"), name)
			if page := path.Join("/", filepath.ToSlash(relative)); text(behavior(template, page), "TargetOriginId") != "pages" {
				wrong = append(wrong, page+" does not come from the bucket")
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	kept := slices.Clone(cachedErrors)
	for _, response := range items(distribution(template), "CustomErrorResponses") {
		if at(response, "ErrorCachingMinTTL") == 0 {
			kept = slices.DeleteFunc(kept, func(code int) bool { return code == at(response, "ErrorCode") })
		}
		if at(response, "ResponsePagePath") != nil || at(response, "ResponseCode") != nil {
			wrong = append(wrong, fmt.Sprintf("%v: a page replaces the functions' answers", at(response, "ErrorCode")))
		}
	}
	if len(kept) > 0 {
		wrong = append(wrong, fmt.Sprintf("one caller's error is kept for others: %v", kept))
	}
	return wrong
}

// proof: the header, the setting and the generated secret are those of
// shared/endpoint, and the distribution's function overwrites the rest.
func proof(t *testing.T, template object) (wrong []string) {
	source, err := os.ReadFile(filepath.Join(root, "shared", "endpoint", "origin.go"))
	if err != nil {
		t.Fatal(err)
	}
	header := map[string]string{}
	for _, m := range regexp.MustCompile(`(\w+Header)\s*= "([A-Za-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
		header[m[1]] = m[2]
	}
	const generated = "{{resolve:secretsmanager:${OriginSecret}}}"
	for _, origin := range items(distribution(template), "Origins") {
		if text(origin, "Id") != "api" {
			continue
		}
		custom := items(origin, "OriginCustomHeaders")
		if len(custom) != 1 || text(custom[0], "HeaderName") != header["originSecretHeader"] || text(custom[0], "HeaderValue", "Fn::Sub") != generated {
			wrong = append(wrong, "the API is not told the secret")
		}
		if text(origin, "CustomOriginConfig", "OriginProtocolPolicy") != "https-only" {
			wrong = append(wrong, "the API is told the secret in clear")
		}
	}
	for name, function := range ofType(template, "AWS::Serverless::Function") {
		variable := items(function, "Properties", "Environment", "Variables", "ORIGIN_SECRET", "Fn::If")
		if len(variable) != 3 || variable[0] != "Site" || text(variable[1], "Fn::Sub") != generated || variable[2] != "" {
			wrong = append(wrong, name+" does not know the secret")
		}
	}
	if length, _ := at(template, "Resources", "OriginSecret", "Properties", "GenerateSecretString", "PasswordLength").(int); length < 32 {
		wrong = append(wrong, "the secret is short")
	}
	code := text(template, "Resources", "SiteViewer", "Properties", "FunctionCode")
	for name, from := range map[string]string{"viewerHostHeader": "request.headers.host.value", "viewerAddressHeader": "event.viewer.ip"} {
		if !strings.Contains(code, "request.headers['"+strings.ToLower(header[name])+"'] = { value: "+from+" };") {
			wrong = append(wrong, "the distribution does not say "+header[name])
		}
	}
	return wrong
}

func pages(t *testing.T, template object) (wrong []string) {
	bucket := at(template, "Resources", "Pages", "Properties")
	for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
		if at(bucket, "PublicAccessBlockConfiguration", block) != true {
			wrong = append(wrong, "the bucket lacks "+block)
		}
	}
	if text(template, "Resources", "PagesAccess", "Properties", "OriginAccessControlConfig", "SigningBehavior") != "always" {
		wrong = append(wrong, "the bucket is asked without a signature")
	}
	config := distribution(template)
	for _, origin := range items(config, "Origins") {
		if text(origin, "Id") == "pages" && text(origin, "OriginAccessControlId", "Ref") != "PagesAccess" {
			wrong = append(wrong, "the bucket is asked without a signature")
		}
	}
	certificate := items(config, "ViewerCertificate", "Fn::If")
	if len(certificate) != 3 || text(certificate[1], "MinimumProtocolVersion") != "TLSv1.2_2021" || text(config, "HttpVersion") != "http2and3" {
		wrong = append(wrong, "old protocols")
	}
	if text(config, "DefaultRootObject") != "index.html" {
		wrong = append(wrong, "the bucket's list has an address")
	}
	if text(config, "DefaultCacheBehavior", "ResponseHeadersPolicyId", "Ref") != "PagesHeaders" {
		wrong = append(wrong, "pages lack their headers")
	}
	for _, b := range items(config, "CacheBehaviors") {
		if at(b, "ResponseHeadersPolicyId") != nil {
			wrong = append(wrong, text(b, "PathPattern")+": functions set their own headers")
		}
	}
	if got, want := fmt.Sprint(headersOf(template)), fmt.Sprint(netlifysHeaders(t)); got != want {
		wrong = append(wrong, "pages have\n"+got+"\non Netlify\n"+want)
	}
	return wrong
}

// headersOf returns the headers that PagesHeaders adds with the parameters' defaults. They
// must override others.
func headersOf(template object) map[string]string {
	policy := at(template, "Resources", "PagesHeaders", "Properties", "ResponseHeadersPolicyConfig")
	security := at(policy, "SecurityHeadersConfig")
	value := func(v any) string {
		if parameter := text(v, "Ref"); parameter != "" {
			return text(template, "Parameters", parameter, "Default")
		}
		s, _ := v.(string)
		return s
	}
	headers := map[string]string{}
	for name, part := range map[string]string{"Content-Security-Policy": "ContentSecurityPolicy", "Referrer-Policy": "ReferrerPolicy"} {
		if at(security, part, "Override") == true {
			headers[name] = value(at(security, part, part))
		}
	}
	if at(security, "ContentTypeOptions", "Override") == true {
		headers["X-Content-Type-Options"] = "nosniff"
	}
	if hsts := at(security, "StrictTransportSecurity"); at(hsts, "Override") == true && at(hsts, "IncludeSubdomains") == false {
		headers["Strict-Transport-Security"] = fmt.Sprintf("max-age=%v", at(hsts, "AccessControlMaxAgeSec"))
	}
	for _, item := range items(policy, "CustomHeadersConfig", "Items") {
		if at(item, "Override") == true {
			headers[text(item, "Header")] = value(at(item, "Value"))
		}
	}
	return headers
}

// netlifysHeaders returns the headers of netlify.toml and public/_headers.
func netlifysHeaders(t *testing.T) map[string]string {
	t.Helper()
	var file struct {
		Headers []struct {
			For    string
			Values map[string]string
		}
	}
	if _, err := toml.Decode(readFile(t, "netlify.toml"), &file); err != nil || len(file.Headers) != 1 || file.Headers[0].For != "/*" {
		t.Fatalf("%v %+v", err, file)
	}
	headers := file.Headers[0].Values
	for line := range strings.Lines(readFile(t, "public/_headers")) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && strings.HasPrefix(line, "  ") {
			headers[name] = value
		}
	}
	return headers
}
