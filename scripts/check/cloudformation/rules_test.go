package cloudformation

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/config"
)

var rules = map[string]rule{
	"answers come before the gateway gives up": {gatewayTimeout, [][2]string{
		{"    Timeout: 20\n", "    Timeout: 30\n"},
		{"    Timeout: 20\n", ""},
		{"      CodeUri: functions/portal/\n", "      CodeUri: functions/portal/\n      Timeout: 60\n"},
	}},
	"permissions are exact": {wildcards, [][2]string{
		{"Resource: !GetAtt Logs.Arn", `Resource: "*"`},
		{"[logs:CreateLogStream, logs:PutLogEvents]", "logs:*"},
		{"Resource: !Ref SecretsKeyArn", `Resource: !Sub "arn:${AWS::Partition}:kms:*:${AWS::AccountId}:key/x"`},
		{`Principal: { Service: lambda.amazonaws.com }`, `Principal: "*"`},
		{"Action: kms:Decrypt", "NotAction: kms:Encrypt"},
		{"            Condition: &distribution {", "            Conditions: &distribution {"},
		{"          - Effect: Deny\n            Principal: \"*\"", "          - Effect: Allow\n            Principal: \"*\""},
		{"      CodeUri: functions/portal/\n", "      CodeUri: functions/portal/\n      Policies: AmazonS3FullAccess\n"},
		{"    Properties:\n      AssumeRolePolicyDocument:", "    Properties:\n      ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]\n      AssumeRolePolicyDocument:"},
	}},
	"every function is built from its folder and routed": {functions, [][2]string{
		{"CodeUri: functions/portal/", "CodeUri: functions/portals/"},
		{"CodeUri: functions/portal/", "CodeUri: functions/session/"},
		{"CodeUri: functions/roles/\n      Role: !GetAtt Role.Arn\n      Events:", "CodeUri: functions/roles/\n      Role: !GetAtt Role.Arn\n      Tags:"},
		{"ApiId: !Ref Api, Method: ANY, Path: /api/roles }", "Method: ANY, Path: /api/roles }"},
		{"CodeUri: functions/roles/\n      Role: !GetAtt Role.Arn\n", "CodeUri: functions/roles/\n"},
	}},
	"every parameter is used, explained and checked": {parameters, [][2]string{
		{"KINDE_AUDIENCE: !Ref KindeAudience", `KINDE_AUDIENCE: ""`},
		{"[ApiDomainName, ApiCertificateArn, HostedZoneId]", "[ApiDomainName, ApiCertificateArn]"},
		{"[ApiDomainName, ApiCertificateArn, HostedZoneId]", "[ApiDomainName, ApiCertificateArn, HostedZoneId, HostedZone]"},
		{"    Description: How long logs are kept\n", ""},
		{"    AllowedPattern: ^/.*$\n", ""},
		{"    ConstraintDescription: must begin with a slash\n", ""},
		{"    Default: 100/15m", "    Default: 100 in 15m"},
		{"  Reserved: !Not", "  Unused: !Not [!Equals [!Ref ReservedConcurrency, 1]]\n  Reserved: !Not"},
	}},
	"secrets stay secret and can be read by ARN": {secrets, [][2]string{
		{"    NoEcho: true\n    Description: Shares", "    Description: Shares"},
		{"SESSION_KEYS: !Ref SessionKeys", "SESSION_KEYS: !Ref KindeClientId"},
		{"!If [RedisUrlByArn, !Select [0, !Split [\"#\", !Ref RedisUrl]], !Ref AWS::NoValue]", "!Ref AWS::NoValue"},
		{"!If [RedisUrlByArn, !Select [0,", "!If [SessionKeysByArn, !Select [0,"},
		{`!Sub "${RedisUrl}:"`, `!Sub "${SessionKeys}:"`},
		{"    - !Condition RedisUrlByArn\n", "    - !Condition SessionKeysByArn\n"},
		{"Value: !Ref Logs", "Value: !Ref SessionKeys"},
		{"RATE_LIMIT: !Ref RateLimit", `RATE_LIMIT: "{{resolve:ssm-secure:rate:1}}"`},
		{"[A-Za-z0-9+/_-]{43}=?)*|arn:aws[a-z-]*:(secretsmanager|ssm):[!-~]+)?$", "[A-Za-z0-9+/_-]{43}=?)*)?$"},
	}},
}

func TestRules(t *testing.T) {
	for name, rule := range rules {
		t.Run(name, rule.try)
	}
}

// gatewayTimeout: HTTP APIs and CloudFront give up after 30 s, and so must have had
// the function's own 504 by then.
func gatewayTimeout(_ *testing.T, template object) (wrong []string) {
	common, _ := at(template, "Globals", "Function", "Timeout").(int)
	for name, function := range ofType(template, "AWS::Serverless::Function") {
		timeout := common
		if own := at(function, "Properties", "Timeout"); own != nil {
			timeout, _ = own.(int)
		}
		if timeout < 1 || timeout > 29 {
			wrong = append(wrong, fmt.Sprintf("%s: a timeout of %d s", name, timeout))
		}
	}
	return wrong
}

// allowed are wildcards that a service demands or that take rights away.
var allowed = map[string]string{
	"PagesPolicy Allow Resource ${Pages.Arn}/*": "the objects of a bucket have no other common name",
	"PagesPolicy Deny Principal *":              "a denial is of all",
	"PagesPolicy Deny Action s3:*":              "a denial is of all",
	"PagesPolicy Deny Resource ${Pages.Arn}/*":  "a denial is of all",
}

func wildcards(_ *testing.T, template object) (wrong []string) {
	resources, _ := template["Resources"].(object)
	used := map[string]bool{}
	for name, resource := range resources {
		for _, property := range []string{"Policies", "ManagedPolicyArns"} {
			if text(resource, "Type") != "AWS::IAM::Role" && at(resource, "Properties", property) != nil || property == "ManagedPolicyArns" && at(resource, "Properties", property) != nil {
				wrong = append(wrong, name+": "+property+", whose permissions nobody here wrote")
			}
		}
		walk(resource, func(m object) {
			effect := text(m, "Effect")
			if effect == "" {
				return
			}
			for key, value := range m {
				if strings.HasPrefix(key, "Not") {
					wrong = append(wrong, name+": "+key)
				}
				for _, s := range texts(value) {
					entry := strings.Join([]string{name, effect, key, s}, " ")
					if strings.ContainsAny(s, "*?") && allowed[entry] == "" {
						wrong = append(wrong, entry)
					}
					used[entry] = true
				}
			}
			if strings.Contains(text(m, "Principal", "Service"), "cloudfront") && at(m, "Condition", "StringEquals", "AWS:SourceArn") == nil {
				wrong = append(wrong, name+": any distribution of anybody's may read")
			}
		})
	}
	for entry := range allowed {
		if !used[entry] {
			wrong = append(wrong, "no longer there: "+entry)
		}
	}
	return wrong
}

func functions(t *testing.T, template object) (wrong []string) {
	var built []string
	for name, function := range ofType(template, "AWS::Serverless::Function") {
		folder := text(function, "Properties", "CodeUri")
		built = append(built, folder)
		if _, err := os.Stat(filepath.Join(root, folder, "main.go")); err != nil {
			wrong = append(wrong, name+": "+err.Error())
		}
		if text(function, "Properties", "Role", "Fn::GetAtt") != "Role.Arn" {
			wrong = append(wrong, name+": not Role, so one that SAM makes")
		}
		events, _ := at(function, "Properties", "Events").(object)
		public, own := false, false
		for _, event := range events {
			path := text(event, "Properties", "Path")
			isOwn := strings.HasPrefix(path, "/.netlify/functions/")
			public, own = public || !isOwn, own || isOwn
			if text(event, "Properties", "ApiId", "Ref") != "Api" {
				wrong = append(wrong, name+": "+path+" makes an API of its own")
			}
		}
		if !public || !own {
			wrong = append(wrong, name+": lacks one of its two addresses")
		}
	}
	entries, err := os.ReadDir(filepath.Join(root, "functions"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(built)
	for i, entry := range entries {
		if i >= len(built) || built[i] != "functions/"+entry.Name()+"/" {
			return append(wrong, fmt.Sprintf("functions/%s/: the template builds %v", entry.Name(), built))
		}
	}
	return wrong
}

func parameters(_ *testing.T, template object) (wrong []string) {
	declared, _ := template["Parameters"].(object)
	used := references([]any{template["Conditions"], template["Globals"], template["Resources"], template["Outputs"]})
	var grouped []string
	for _, group := range items(template, "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups") {
		grouped = append(grouped, texts(at(group, "Parameters"))...)
	}
	slices.Sort(grouped)
	if names := slices.Sorted(maps.Keys(declared)); !slices.Equal(grouped, names) {
		wrong = append(wrong, fmt.Sprintf("in groups: %v\nparameters: %v", grouped, names))
	}
	for name, parameter := range declared {
		if !slices.Contains(used, name) {
			wrong = append(wrong, name+" is not used")
		}
		if text(parameter, "Description") == "" {
			wrong = append(wrong, name+" has no description")
		}
		if text(parameter, "Type") != "String" || at(parameter, "AllowedValues") != nil {
			continue
		}
		pattern, err := regexp.Compile(text(parameter, "AllowedPattern"))
		if err != nil || text(parameter, "AllowedPattern") == "" || text(parameter, "ConstraintDescription") == "" {
			wrong = append(wrong, name+" has no pattern, or none that is explained")
		} else if preset, ok := at(parameter, "Default").(string); ok && !pattern.MatchString(preset) {
			wrong = append(wrong, name+"'s default does not match its pattern")
		}
	}
	conditions, _ := template["Conditions"].(object)
	for name := range conditions {
		if !usesCondition(template, name) {
			wrong = append(wrong, "condition "+name+" is not used")
		}
	}
	return wrong
}

func usesCondition(template object, name string) (used bool) {
	walk(template, func(m object) {
		first := items(m, "Fn::If")
		used = used || text(m, "Condition") == name || len(first) > 0 && first[0] == name
	})
	return used
}

// secrets: what holds a secret is not shown, comes from its parameter, and may be an
// ARN, which the role may read then.
func secrets(_ *testing.T, template object) (wrong []string) {
	for _, s := range texts(template) {
		if strings.Contains(s, "ssm-secure") {
			wrong = append(wrong, "ssm-secure, which functions' environments refuse")
		}
	}
	variables, _ := at(template, "Globals", "Function", "Environment", "Variables").(object)
	shown := references(template["Outputs"])
	readable := map[string]string{} // condition by parameter
	walk(template["Resources"], func(m object) {
		if branch := items(m, "Fn::If"); len(branch) == 3 {
			if split := items(branch[1], "Fn::Select"); len(split) == 2 && len(references(split)) == 1 {
				readable[references(split)[0]] = branch[0].(string)
			}
		}
	})
	for _, setting := range config.All() {
		if !setting.Secret() || setting.Name() == config.OriginSecret.Name() {
			continue
		}
		parameter := text(variables[setting.Name()], "Ref")
		if at(template, "Parameters", parameter, "NoEcho") != true || slices.Contains(shown, parameter) {
			wrong = append(wrong, setting.Name()+" is shown")
		}
		condition := at(template, "Conditions", readable[parameter])
		if !slices.Contains(references(condition), parameter) || !slices.Contains(texts(at(template, "Conditions", "SecretsByArn")), readable[parameter]) {
			wrong = append(wrong, setting.Name()+" by ARN: the role may not read it")
		}
		pattern, err := regexp.Compile(text(template, "Parameters", parameter, "AllowedPattern"))
		if err != nil || !pattern.MatchString("arn:aws:secretsmanager:eu-central-1:123456789012:secret:kinde/prod-AbCdEf#field") {
			wrong = append(wrong, parameter+" refuses an ARN")
		}
	}
	return wrong
}
