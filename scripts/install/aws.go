package main

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"kinde-functions/scripts/generate/derived"
	"kinde-functions/shared/config"
)

// The rules of protected pages are the owner's to write. On AWS the edge's functions,
// which hold them, are part of the template.
var gateFile = path.Join(home, "gate.json")

// originID is the API's name among the origins of the owner's distribution.
const originID = "kinde-functions"

// errorCodes are the statuses that CloudFront caches for ten seconds by default: one
// user's error would be the response to another user.
var errorCodes = []string{"400", "403", "404", "405", "414", "416", "500", "501", "502", "503", "504"}

// awsFiles adds the template for the functions, and the parts for the template of the
// owner's distribution.
func (src source) awsFiles(files map[string][]byte, s *site, functions []string) error {
	if err := src.add(files, "samconfig.toml", path.Join(home, "samconfig.toml"), nil); err != nil {
		return err
	}
	rules := []byte(`{"rules": []}`)
	if slices.Contains(functions, "gate") {
		own, err := s.read(gateFile)
		if err != nil {
			return err
		}
		if rules = own; own == nil {
			rules = files[gateFile]
		}
	}
	template, err := derived.Template(src.root, functions, rules)
	if err != nil {
		return fmt.Errorf("%s: %w", gateFile, err)
	}
	files[path.Join(home, "template.yaml")] = []byte(template)
	files[path.Join(home, "cloudfront.yaml")] = []byte(distributionParts(functions))
	files[path.Join(home, ".gitignore")] = []byte("/.aws-sam/\n")
	return nil
}

// publicBehaviors are the behaviors of the functions' public paths.
func publicBehaviors(functions []string) []derived.Behavior {
	return derived.Behaviors(derived.RowsOf(functions))
}

// distributionParts is the text of cloudfront.yaml.
func distributionParts(functions []string) string {
	var out strings.Builder
	out.WriteString(`# What the distribution of your site needs to lead to the functions. Copy these parts into
# the template that makes it, in the region of the functions' stack; the parameters' values
# are that stack's outputs OriginDomain, OriginSecretArn and ViewerFunctionArn.
Parameters:
  KindeOriginDomain: { Type: String }
  KindeOriginSecretArn: { Type: String }
  KindeViewerFunctionArn: { Type: String }
`)
	gated := slices.Contains(functions, "gate")
	if gated {
		out.WriteString(`  # The outputs GateRequestFunctionArn and GateResponseFunctionArn.
  KindeGateRequestFunctionArn: { Type: String }
  KindeGateResponseFunctionArn: { Type: String }
`)
	}
	fmt.Fprintf(&out, `
Resources:
  Distribution:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Origins:
          - Id: %s
            DomainName: !Ref KindeOriginDomain
            CustomOriginConfig: { OriginProtocolPolicy: https-only, OriginSSLProtocols: [TLSv1.2] }
            OriginCustomHeaders:
              - { HeaderName: X-Origin-Secret, HeaderValue: !Sub "{{resolve:secretsmanager:${KindeOriginSecretArn}}}" }
`, originID)
	if gated {
		out.WriteString(`        # Also in each behavior of your own that serves protected pages. The function for
        # requests also names index.html, in place of a function of yours that does.
        DefaultCacheBehavior:
          FunctionAssociations:
            - { EventType: viewer-request, FunctionARN: !Ref KindeGateRequestFunctionArn }
            - { EventType: viewer-response, FunctionARN: !Ref KindeGateResponseFunctionArn }
`)
	}
	out.WriteString("        CacheBehaviors: # before your own, since the first that matches counts\n")
	for _, b := range publicBehaviors(functions) {
		fmt.Fprintf(&out, `          - PathPattern: %s
            TargetOriginId: %s
            ViewerProtocolPolicy: %s
            AllowedMethods: [%s]
            CachePolicyId: %s
            OriginRequestPolicyId: %s
            FunctionAssociations: [{ EventType: viewer-request, FunctionARN: !Ref KindeViewerFunctionArn }]
`, b.Pattern, originID, b.ViewerProtocol, derived.BehaviorMethods, derived.CachePolicy, derived.OriginRequestPolicy)
	}
	out.WriteString(`        # These are for the whole distribution. With a ResponsePagePath, that page would
        # replace the functions' own responses.
        CustomErrorResponses:
`)
	for _, code := range errorCodes {
		fmt.Fprintf(&out, "          - { ErrorCode: %s, ErrorCachingMinTTL: 0 }\n", code)
	}
	return out.String()
}

// examples are values of parameters in a command to copy; the others are the owner's.
var examples = map[string]string{
	config.Issuer.Name(): "https://acme.kinde.com", config.Site.Name(): "https://www.example.com",
}

// sayNextOnAWS prints how to deploy, and what to add to the owner's distribution.
func (p *plan) sayNextOnAWS(w io.Writer) {
	functions := p.after.Functions
	gated := slices.Contains(functions, "gate")
	var parameters strings.Builder
	parameters.WriteString("ServeSite=existing")
	if gated {
		parameters.WriteString(" ProtectPages=yes")
	}
	for _, setting := range neededBy(functions) {
		value := examples[setting.Name()]
		if value == "" {
			value = "…"
		}
		parameters.WriteString(" \\\n         " + derived.Parameter(setting) + "=" + value)
	}
	fmt.Fprintf(w, `
Installed in %[1]s/. docs/aws.md explains each step.
  1. In %[1]s/, build and deploy; a secret can be the ARN of one:
       CGO_ENABLED=0 GOFLAGS="-tags=lambda.norpc '-ldflags=-s -w'" sam build
       sam deploy --parameter-overrides %[2]s
     and see the outputs: sam list stack-outputs --stack-name kinde-functions
  2. Add to your CloudFront distribution, from %[1]s/cloudfront.yaml or in the console:
     - the origin OriginDomain, HTTPS only, with the custom header X-Origin-Secret; its value:
         aws secretsmanager get-secret-value --secret-id <OriginSecretArn> --query SecretString --output text
     - a behavior to it for each path, before your own: all methods, cache policy CachingDisabled, origin
       request policy AllViewerExceptHostHeader, viewer-request function <ViewerFunctionArn>
`, home, parameters.String())
	for _, b := range publicBehaviors(functions) {
		fmt.Fprintf(w, "         %-12s %s\n", b.Pattern, b.ViewerProtocol)
	}
	fmt.Fprintf(w, `     - error pages with a minimum TTL of 0 and no page of yours for %s
`, strings.Join(errorCodes, " "))
	if gated {
		fmt.Fprintf(w, `     - to each behavior with protected pages, the viewer-request function <GateRequestFunctionArn>
       and the viewer-response function <GateResponseFunctionArn>
     Write %s, run this command again, and deploy. Put the keys into the
     output GateStore: docs/protected-pages.md
`, gateFile)
	}
	fmt.Fprint(w, `  3. Register the site's addresses with an application in Kinde: docs/kinde.md
  4. Deploy the site, then: go run ./scripts/doctor --url https://www.example.com
`)
	if p.site.static == "." {
		fmt.Fprintf(w, "     Leave %[1]s/ out: aws s3 sync . s3://… --exclude \"%[1]s/*\"\n", home)
	}
}
