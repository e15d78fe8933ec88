package derived

import (
	"fmt"
	"slices"
	"strings"

	"kinde-functions/shared/config"
	"kinde-functions/shared/route"
)

// reportsAll is the function that reports which settings are set. It learns of those
// that it does not use from the variable setNames, which holds names and no values.
const (
	reportsAll = "health"
	setNames   = "KINDE_FUNCTIONS_SET"
)

// conditions renders two conditions for settings: that an optional parameter is not
// empty, and that a secret's parameter holds an ARN.
func conditions(p *project) (string, error) {
	var out strings.Builder
	for _, setting := range p.parameters {
		if optional(setting) {
			fmt.Fprintf(&out, "  %sSet: !Not [!Equals [!Ref %[1]s, \"\"]]\n", parameter(setting.Name()))
		}
	}
	for _, setting := range p.parameters {
		if setting.Secret() {
			fmt.Fprintf(&out, "  %sByArn: !Equals [arn, !Select [0, !Split [\":\", !Sub \"${%[1]s}:\"]]]\n",
				parameter(setting.Name()))
		}
	}
	return out.String(), nil
}

// secretPolicies renders for each secret a policy that may read it where it is given
// by ARN: what the ARN names, all before a #field.
func secretPolicies(p *project) (string, error) {
	var out strings.Builder
	for _, setting := range p.parameters {
		if !setting.Secret() {
			continue
		}
		fmt.Fprintf(&out, `  Read%[1]s:
    Type: AWS::IAM::ManagedPolicy
    Condition: %[1]sByArn
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: [secretsmanager:GetSecretValue, ssm:GetParameter]
            Resource: !Select [0, !Split ["#", !Ref %[1]s]]
          - !If [OwnSecretsKey, { Effect: Allow, Action: kms:Decrypt, Resource: !Ref SecretsKeyArn }, !Ref AWS::NoValue]

`, parameter(setting.Name()))
	}
	return out.String(), nil
}

// functions renders each function with its role, its settings and its events. The
// method is ANY, since a wrong method, HEAD and preflights are handled by the function.
func functions(p *project) (string, error) {
	var out strings.Builder
	for _, name := range names(p.rows) {
		out.WriteString(p.function(name))
		out.WriteString(role(name))
	}
	return out.String(), nil
}

func (p *project) function(name string) string {
	id := camel(name)
	var out strings.Builder
	fmt.Fprintf(&out, `  %[1]sFunction:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: go1.x
      BuildProperties: { TrimGoPath: true }
    Properties:
      CodeUri: functions/%[2]s/
      Role: !GetAtt %[1]sRole.Arn
      Environment:
        Variables:
`, id, name)
	for _, setting := range usesOf(name).names {
		fmt.Fprintf(&out, "          %s: %s\n", setting, value(setting))
	}
	if name == reportsAll {
		out.WriteString("          " + setNames + ": " + p.namesOfSet() + "\n")
	}
	out.WriteString("      Events:\n")
	for _, row := range paths(route.Of(name)) {
		for _, address := range [][2]string{{"Path", row.Pattern}, {"Address", row.Address()}} {
			fmt.Fprintf(&out, `        %s%s:
          Type: HttpApi
          Properties: { ApiId: !Ref Api, Method: ANY, Path: %q }
`, camel(row.Tail), address[0], address[1])
		}
	}
	return out.String()
}

// role renders the role of a function: it may write its log, and read those of the
// secrets that are given by ARN that the function uses.
func role(function string) string {
	var out strings.Builder
	fmt.Fprintf(&out, `  %[1]sRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }]
      ManagedPolicyArns:
        - !Ref RunFunctions
`, camel(function))
	for _, setting := range parameters() {
		if setting.Secret() && usesOf(function).has(setting.Name()) {
			fmt.Fprintf(&out, "        - !If [%[1]sByArn, !Ref Read%[1]s, !Ref AWS::NoValue]\n", parameter(setting.Name()))
		}
	}
	return out.String() + "\n"
}

// value is what a variable of a function is set to.
func value(setting string) string {
	if setting == config.OriginSecret.Name() {
		// Resolved when the stack is deployed: by ARN it would cost each cold start a call.
		return `!If [BehindCloudFront, !Sub "{{resolve:secretsmanager:${OriginSecret}}}", ""]`
	}
	return "!Ref " + parameter(setting)
}

// namesOfSet renders the names of the settings that are set, separated by commas.
func (p *project) namesOfSet() string {
	var out strings.Builder
	out.WriteString("!Join\n            - \",\"\n")
	for i, setting := range p.parameters {
		lead := "              - "
		if i == 0 {
			lead = "            - - "
		}
		item := setting.Name()
		if optional(setting) {
			item = fmt.Sprintf("!If [%sSet, %s, \"\"]", parameter(setting.Name()), setting.Name())
		}
		out.WriteString(lead + item + "\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// Behavior is a path pattern of a CloudFront distribution that leads to functions.
type Behavior struct{ Pattern, ViewerProtocol string }

// The methods that a behavior must allow, and the policies of AWS that make CloudFront
// cache nothing and forward everything except Host, by which API Gateway finds the API.
const (
	BehaviorMethods     = "GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE"
	CachePolicy         = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad # CachingDisabled"
	OriginRequestPolicy = "b689b0a8-53d0-40ab-baf2-68738e2966ac # AllViewerExceptHostHeader"
)

// Behaviors returns the behaviors that rows need, in the rows' order. Pages are
// requested by browsers, which http redirects; programs get an error instead, since
// their first request has already sent its credential in clear.
func Behaviors(rows []route.Route) []Behavior {
	var found []Behavior
	seen := map[string]bool{}
	for _, row := range rows {
		pattern, protocol := behavior(row.Pattern), "https-only"
		if seen[pattern] {
			continue
		}
		seen[pattern] = true
		if !strings.HasPrefix(pattern, "/api/") && !strings.HasPrefix(pattern, "/.netlify/") && row.Method == "GET" {
			protocol = "redirect-to-https"
		}
		found = append(found, Behavior{pattern, protocol})
	}
	return found
}

// behaviors renders the distribution's behaviors that lead to the functions.
func behaviors(p *project) (string, error) {
	var out strings.Builder
	rows := append(slices.Clip(p.rows), route.Route{Pattern: "/.netlify/functions/any"})
	for i, b := range Behaviors(rows) {
		methods, viewer := "*methods", "*viewer"
		if i == 0 {
			methods = "&methods [" + BehaviorMethods + "]"
			viewer = "&viewer [{ EventType: viewer-request, FunctionARN: !GetAtt SiteViewer.FunctionARN }]"
		}
		fmt.Fprintf(&out, `          - PathPattern: %s
            TargetOriginId: api
            ViewerProtocolPolicy: %s
            AllowedMethods: %s
            CachePolicyId: %s
            OriginRequestPolicyId: %s
            FunctionAssociations: %s
`, b.Pattern, b.ViewerProtocol, methods, CachePolicy, OriginRequestPolicy, viewer)
	}
	return out.String(), nil
}

// behavior is the path itself where it is one segment, else all below its first.
func behavior(pattern string) string {
	first, below, found := strings.Cut(strings.TrimPrefix(pattern, "/"), "/")
	if found && first == ".netlify" {
		first += "/" + strings.Split(below, "/")[0]
	}
	if !found {
		return "/" + first
	}
	return "/" + first + "/*"
}

// parameters are the settings that are parameters of the template: all but the one
// that it generates.
func parameters() []config.Setting {
	return slices.DeleteFunc(config.All(), func(s config.Setting) bool { return s.Name() == config.OriginSecret.Name() })
}

// optional reports whether the setting's parameter may be empty.
func optional(s config.Setting) bool { return !s.Required() && s.Default() == "" }

// parameter is the name of a setting's parameter: KINDE_ISSUER_URL is KindeIssuerUrl.
func parameter(setting string) string {
	return strings.ReplaceAll(camel(strings.ReplaceAll(strings.ToLower(setting), "_", "-")), "M2m", "M2M")
}

// camel joins words: connected-apps is ConnectedApps, /{app}/connect is AppConnect.
func camel(words string) string {
	var out strings.Builder
	for word := range strings.FieldsFuncSeq(words, func(r rune) bool { return strings.ContainsRune("-/{}+", r) }) {
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}
