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

func TestFunctionResponsesAreNotCached(t *testing.T) {
	testRule(t, caching, [][2]string{
		{"PathPattern: /auth/*", "PathPattern: /auth/log*"},
		{"PathPattern: /.netlify/functions/*", "PathPattern: /netlify/functions/*"},
		{"PathPattern: /portal\n", "PathPattern: /*\n"},
		{"4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "658327ea-f89d-4fab-a63d-7e88639e58f6"},
		{"            OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac # AllViewerExceptHostHeader\n", ""},
		{"b689b0a8-53d0-40ab-baf2-68738e2966ac", "216adef6-5c7f-47e4-b989-5492eafa07d3"},
		{"PUT, PATCH, POST, DELETE", "PUT, PATCH, DELETE"},
		{"{ ErrorCode: 502, ErrorCachingMinTTL: 0 }", "{ ErrorCode: 502, ErrorCachingMinTTL: 1 }"},
		{"          - { ErrorCode: 503, ErrorCachingMinTTL: 0 }\n", ""},
		{"{ ErrorCode: 404, ErrorCachingMinTTL: 0 }",
			"{ ErrorCode: 404, ErrorCachingMinTTL: 0, ResponseCode: 404, ResponsePagePath: /404.html }"},
		{"            FunctionAssociations: *viewer\n", ""},
	})
}

func TestOriginSecretIsSentByTheDistributionAlone(t *testing.T) {
	testRule(t, originSecret, [][2]string{
		{"HeaderName: X-Origin-Secret", "HeaderName: X-Origin-Verify"},
		{"['x-viewer-host'] = { value", "['x-forwarded-host'] = { value"},
		{"event.viewer.ip", "request.headers['x-forwarded-for'].value"},
		{`ORIGIN_SECRET: !If [BehindCloudFront, !Sub "{{resolve:secretsmanager:${OriginSecret}}}", ""]`,
			`ORIGIN_SECRET: !If [BehindCloudFront, !Ref AWS::StackId, ""]`},
		{`HeaderValue: !Sub "{{resolve:secretsmanager:${OriginSecret}}}"`, `HeaderValue: !Ref AWS::StackId`},
		{"PasswordLength: 48, ExcludePunctuation: true", "PasswordLength: 16, ExcludePunctuation: true"},
		{"OriginProtocolPolicy: https-only", "OriginProtocolPolicy: match-viewer"},
	})
}

func TestPagesArePrivateAndHaveSecurityHeaders(t *testing.T) {
	testRule(t, pages, [][2]string{
		{"BlockPublicPolicy: true", "BlockPublicPolicy: false"},
		{"            OriginAccessControlId: !Ref PagesAccess\n", ""},
		{"SigningBehavior: always", "SigningBehavior: never"},
		{"TLSv1.2_2021", "TLSv1.1_2016"},
		{"HttpVersion: http2and3", "HttpVersion: http2"},
		{"frame-ancestors 'none'", "frame-ancestors 'self'"},
		{"Header: Cross-Origin-Opener-Policy, Value: same-origin", "Header: Cross-Origin-Opener-Policy, Value: unsafe-none"},
		{"            - { Override: true, Header: Cross-Origin-Resource-Policy, Value: same-origin }\n", ""},
		{"          ResponseHeadersPolicyId: !Ref PagesHeaders\n", ""},
		{"            FunctionAssociations: *viewer\n",
			"            FunctionAssociations: *viewer\n            ResponseHeadersPolicyId: !Ref PagesHeaders\n"},
		{"        DefaultRootObject: index.html\n", ""},
	})
}

const (
	cachingDisabled           = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	allViewerExceptHostHeader = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
)

// cachedErrors are the error statuses that CloudFront caches.
var cachedErrors = []int{400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}

func distribution(template object) any {
	return at(template, "Resources", "Distribution", "Properties", "DistributionConfig")
}

// behavior returns the first cache behavior that matches a path, or the default.
func behavior(template object, path string) any {
	for _, b := range items(distribution(template), "CacheBehaviors") {
		pattern := regexp.QuoteMeta(text(b, "PathPattern"))
		if regexp.MustCompile("^" + strings.ReplaceAll(pattern, `\*`, ".*") + "$").MatchString(path) {
			return b
		}
	}
	return at(distribution(template), "DefaultCacheBehavior")
}

func caching(t *testing.T, template object) (faults []string) {
	for _, row := range route.Table {
		for _, path := range []string{row.Pattern, row.Address()} {
			b := behavior(template, path)
			viewer := items(b, "FunctionAssociations")
			if text(b, "TargetOriginId") != "api" || text(b, "CachePolicyId") != cachingDisabled ||
				text(b, "OriginRequestPolicyId") != allViewerExceptHostHeader ||
				len(viewer) != 1 || !slices.Contains(references(viewer), "SiteViewer") ||
				!allowsAll(texts(at(b, "AllowedMethods")), row.Methods()) || at(b, "Compress") == true {
				faults = append(faults, path+" is cached, compressed, or not forwarded as it is")
			}
		}
	}
	err := filepath.WalkDir(filepath.Join(root, "public"), func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			relative, _ := filepath.Rel(filepath.Join(root, "public"), name)
			if page := path.Join("/", filepath.ToSlash(relative)); text(behavior(template, page), "TargetOriginId") != "pages" {
				faults = append(faults, page+" does not come from the bucket")
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
			faults = append(faults, fmt.Sprintf("%v: a page replaces the functions' responses", at(response, "ErrorCode")))
		}
	}
	if len(kept) > 0 {
		faults = append(faults, fmt.Sprintf("errors are cached: %v", kept))
	}
	return faults
}

// allowsAll reports whether the allowed methods contain every method of a row.
func allowsAll(allowed, methods []string) bool {
	return !slices.ContainsFunc(methods, func(m string) bool { return !slices.Contains(allowed, m) })
}

// originSecret requires the headers of shared/endpoint and the generated secret on both
// sides. The distribution's function overwrites the viewer headers.
func originSecret(t *testing.T, template object) (faults []string) {
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
		if len(custom) != 1 || text(custom[0], "HeaderName") != header["originSecretHeader"] ||
			text(custom[0], "HeaderValue", "Fn::Sub") != generated {
			faults = append(faults, "the distribution does not send the secret")
		}
		if text(origin, "CustomOriginConfig", "OriginProtocolPolicy") != "https-only" {
			faults = append(faults, "the distribution sends the secret without TLS")
		}
	}
	for name, function := range ofType(template, "AWS::Serverless::Function") {
		variable := items(function, "Properties", "Environment", "Variables", "ORIGIN_SECRET", "Fn::If")
		if len(variable) != 3 || variable[0] != "BehindCloudFront" || text(variable[1], "Fn::Sub") != generated ||
			variable[2] != "" {
			faults = append(faults, name+" does not have the secret")
		}
	}
	generator := at(template, "Resources", "OriginSecret", "Properties", "GenerateSecretString")
	if length, _ := at(generator, "PasswordLength").(int); length < 32 {
		faults = append(faults, "the secret has fewer than 32 characters")
	}
	code := text(template, "Resources", "SiteViewer", "Properties", "FunctionCode")
	for name, from := range map[string]string{
		"viewerHostHeader": "request.headers.host.value", "viewerAddressHeader": "event.viewer.ip",
	} {
		if !strings.Contains(code, "request.headers['"+strings.ToLower(header[name])+"'] = { value: "+from+" };") {
			faults = append(faults, "the distribution does not set "+header[name])
		}
	}
	return faults
}

func pages(t *testing.T, template object) (faults []string) {
	bucket := at(template, "Resources", "Pages", "Properties")
	for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
		if at(bucket, "PublicAccessBlockConfiguration", block) != true {
			faults = append(faults, "the bucket lacks "+block)
		}
	}
	access := at(template, "Resources", "PagesAccess", "Properties", "OriginAccessControlConfig")
	if text(access, "SigningBehavior") != "always" {
		faults = append(faults, "requests to the bucket are not always signed")
	}
	config := distribution(template)
	for _, origin := range items(config, "Origins") {
		if text(origin, "Id") == "pages" && text(origin, "OriginAccessControlId", "Ref") != "PagesAccess" {
			faults = append(faults, "the bucket has no origin access control")
		}
	}
	certificate := items(config, "ViewerCertificate", "Fn::If")
	if len(certificate) != 3 || text(certificate[1], "MinimumProtocolVersion") != "TLSv1.2_2021" ||
		text(config, "HttpVersion") != "http2and3" {
		faults = append(faults, "got old protocols, want TLS 1.2 and HTTP/2 or 3")
	}
	if text(config, "DefaultRootObject") != "index.html" {
		faults = append(faults, "/ does not serve index.html")
	}
	if text(config, "DefaultCacheBehavior", "ResponseHeadersPolicyId", "Ref") != "PagesHeaders" {
		faults = append(faults, "pages lack their headers")
	}
	for _, b := range items(config, "CacheBehaviors") {
		if at(b, "ResponseHeadersPolicyId") != nil {
			faults = append(faults, text(b, "PathPattern")+": replaces the functions' own headers")
		}
	}
	if got, want := fmt.Sprint(headersOf(template)), fmt.Sprint(netlifysHeaders(t)); got != want {
		faults = append(faults, "got page headers\n"+got+"\nwant those of Netlify\n"+want)
	}
	return faults
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
	for name, part := range map[string]string{
		"Content-Security-Policy": "ContentSecurityPolicy", "Referrer-Policy": "ReferrerPolicy",
	} {
		if at(security, part, "Override") == true {
			headers[name] = value(at(security, part, part))
		}
	}
	if at(security, "ContentTypeOptions", "Override") == true {
		headers["X-Content-Type-Options"] = "nosniff"
	}
	if hsts := at(security, "StrictTransportSecurity"); at(hsts, "Override") == true &&
		at(hsts, "IncludeSubdomains") == false {
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
	if _, err := toml.Decode(readFile(t, "netlify.toml"), &file); err != nil || len(file.Headers) != 1 ||
		file.Headers[0].For != "/*" {
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
