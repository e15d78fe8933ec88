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
	"kinde-functions/shared/route"
)

func TestTimeoutIsBelowTheGateways(t *testing.T) {
	testRule(t, gatewayTimeout, [][2]string{
		{"    Timeout: 20\n", "    Timeout: 30\n"},
		{"    Timeout: 20\n", ""},
		{"      CodeUri: functions/portal/\n", "      CodeUri: functions/portal/\n      Timeout: 60\n"},
	})
}

func TestPermissionsAreExact(t *testing.T) {
	testRule(t, wildcards, [][2]string{
		{"Resource: !GetAtt Logs.Arn", `Resource: "*"`},
		{"[logs:CreateLogStream, logs:PutLogEvents]", "logs:*"},
		{"Resource: !Ref SecretsKeyArn", `Resource: !Sub "arn:${AWS::Partition}:kms:*:${AWS::AccountId}:key/x"`},
		{`Principal: { Service: lambda.amazonaws.com }`, `Principal: "*"`},
		{"Action: kms:Decrypt", "NotAction: kms:Encrypt"},
		{"            Condition: &distribution\n", "            Conditions: &distribution\n"},
		{"          - Effect: Deny\n            Principal: \"*\"", "          - Effect: Allow\n            Principal: \"*\""},
		{"      CodeUri: functions/portal/\n", "      CodeUri: functions/portal/\n      Policies: AmazonS3FullAccess\n"},
		{"- !Ref RunFunctions", "- arn:aws:iam::aws:policy/AdministratorAccess"},
	})
}

func TestFunctionsAreBuiltAndRouted(t *testing.T) {
	testRule(t, functions, [][2]string{
		{"CodeUri: functions/portal/", "CodeUri: functions/portals/"},
		{"CodeUri: functions/portal/", "CodeUri: functions/session/"},
		{`Path: "/api/roles" }`, `Path: "/.netlify/functions/roles" }`},
		{`ApiId: !Ref Api, Method: ANY, Path: "/api/roles" }`, `Method: ANY, Path: "/api/roles" }`},
		{"      Role: !GetAtt RolesRole.Arn\n", ""},
		{"Role: !GetAtt RolesRole.Arn", "Role: !GetAtt LoginRole.Arn"},
	})
}

func TestParametersAreUsedAndValidated(t *testing.T) {
	testRule(t, parameters, [][2]string{
		{"CONNECTED_APPS: !Ref ConnectedApps", `CONNECTED_APPS: ""`},
		{"          - HostedZoneId\n", ""},
		{"          - HostedZoneId\n", "          - HostedZoneId\n          - HostedZone\n"},
		{"    Description: How long logs are kept\n", ""},
		{"    AllowedPattern: ^/.*$\n", ""},
		{"    ConstraintDescription: must begin with a slash\n", ""},
		{"    Default: 100/15m", "    Default: 100 in 15m"},
		{"  Reserved: !Not", "  Unused: !Not [!Equals [!Ref ReservedConcurrency, 1]]\n  Reserved: !Not"},
	})
}

func TestSecretsAreHiddenAndReadableByARN(t *testing.T) {
	testRule(t, secrets, [][2]string{
		{"    NoEcho: true\n    Description: Shares", "    Description: Shares"},
		{"SESSION_KEYS: !Ref SessionKeys", "SESSION_KEYS: !Ref KindeClientId"},
		{"        - !If [RedisUrlByArn, !Ref ReadRedisUrl, !Ref AWS::NoValue]\n", ""},
		{"- !If [RedisUrlByArn, !Ref ReadRedisUrl,", "- !If [RedisUrlByArn, !Ref ReadGateKeys,"},
		{"- !If [RedisUrlByArn, !Ref ReadRedisUrl,", "- !If [SessionKeysByArn, !Ref ReadRedisUrl,"},
		{"    Condition: RedisUrlByArn\n", "    Condition: SessionKeysByArn\n"},
		{`!Split ["#", !Ref RedisUrl]`, `!Split ["#", !Ref SessionKeys]`},
		{`!Sub "${RedisUrl}:"`, `!Sub "${SessionKeys}:"`},
		{"Value: !Ref Logs", "Value: !Ref SessionKeys"},
		{"RATE_LIMIT: !Ref RateLimit", `RATE_LIMIT: "{{resolve:ssm-secure:rate:1}}"`},
		{"[A-Za-z0-9+/_-]{43}=?)*|arn:aws[a-z-]*:(secretsmanager|ssm):[!-~]+)?$", "[A-Za-z0-9+/_-]{43}=?)*)?$"},
	})
}

// gatewayTimeout requires timeouts below the 30 s of HTTP APIs and CloudFront, so that
// callers receive the function's own 504.
func gatewayTimeout(_ *testing.T, template object) (faults []string) {
	common, _ := at(template, "Globals", "Function", "Timeout").(int)
	for name, function := range ofType(template, "AWS::Serverless::Function") {
		timeout := common
		if own := at(function, "Properties", "Timeout"); own != nil {
			timeout, _ = own.(int)
		}
		if timeout < 1 || timeout > 29 {
			faults = append(faults, fmt.Sprintf("%s: got a timeout of %d s, want 1 to 29", name, timeout))
		}
	}
	return faults
}

// allowed are wildcards that a service requires or that deny.
var allowed = map[string]string{
	"PagesPolicy Allow Resource ${Pages.Arn}/*": "the objects of a bucket have no other common name",
	"PagesPolicy Deny Principal *":              "a denial is of all",
	"PagesPolicy Deny Action s3:*":              "a denial is of all",
	"PagesPolicy Deny Resource ${Pages.Arn}/*":  "a denial is of all",
}

func wildcards(_ *testing.T, template object) (faults []string) {
	resources, _ := template["Resources"].(object)
	used := map[string]bool{}
	for name, resource := range resources {
		if text(resource, "Type") != "AWS::IAM::Role" && at(resource, "Properties", "Policies") != nil {
			faults = append(faults, name+": Policies make a role whose permissions are not in the template")
		}
		for _, policy := range items(resource, "Properties", "ManagedPolicyArns") {
			for _, referred := range references(policy) {
				if referred != "AWS::NoValue" && text(resources[referred], "Type") != "AWS::IAM::ManagedPolicy" {
					faults = append(faults, name+": "+referred+" is not a policy of the template")
				}
			}
			if len(references(policy)) == 0 {
				faults = append(faults, name+": a policy whose permissions are not in the template")
			}
		}
		walk(resource, func(m object) {
			effect := text(m, "Effect")
			if effect == "" {
				return
			}
			for key, value := range m {
				if strings.HasPrefix(key, "Not") {
					faults = append(faults, name+": "+key)
				}
				for _, s := range texts(value) {
					entry := strings.Join([]string{name, effect, key, s}, " ")
					if strings.ContainsAny(s, "*?") && allowed[entry] == "" {
						faults = append(faults, entry)
					}
					used[entry] = true
				}
			}
			if strings.Contains(text(m, "Principal", "Service"), "cloudfront") &&
				at(m, "Condition", "StringEquals", "AWS:SourceArn") == nil {
				faults = append(faults, name+": distributions of other accounts may read")
			}
		})
	}
	for entry := range allowed {
		if !used[entry] {
			faults = append(faults, "allowed but not in the template: "+entry)
		}
	}
	return faults
}

func functions(t *testing.T, template object) (faults []string) {
	var built []string
	for name, function := range ofType(template, "AWS::Serverless::Function") {
		folder := text(function, "Properties", "CodeUri")
		built = append(built, folder)
		if _, err := os.Stat(filepath.Join(root, folder, "main.go")); err != nil {
			faults = append(faults, name+": "+err.Error())
		}
		role := strings.TrimSuffix(name, "Function") + "Role"
		if text(function, "Properties", "Role", "Fn::GetAtt") != role+".Arn" {
			faults = append(faults, name+": its role is not "+role)
		}
		events, _ := at(function, "Properties", "Events").(object)
		public, own := false, false
		for _, event := range events {
			path := text(event, "Properties", "Path")
			isOwn := strings.HasPrefix(path, "/.netlify/functions/")
			public, own = public || !isOwn, own || isOwn
			if text(event, "Properties", "ApiId", "Ref") != "Api" {
				faults = append(faults, name+": "+path+" is not an event of Api")
			}
		}
		if !public || !own {
			faults = append(faults, name+": lacks one of its two paths")
		}
	}
	entries, err := os.ReadDir(filepath.Join(root, "functions"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(built)
	for i, entry := range entries {
		if i >= len(built) || built[i] != "functions/"+entry.Name()+"/" {
			return append(faults, fmt.Sprintf("functions/%s/: the template builds %v", entry.Name(), built))
		}
	}
	return faults
}

func parameters(_ *testing.T, template object) (faults []string) {
	declared, _ := template["Parameters"].(object)
	conditions, _ := template["Conditions"].(object)
	used := references([]any{template["Globals"], template["Resources"], template["Outputs"]})
	for name, condition := range conditions {
		if !strings.HasSuffix(name, "Set") { // health alone uses these
			used = append(used, references(condition)...)
		}
	}
	var grouped []string
	for _, group := range items(template, "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups") {
		grouped = append(grouped, texts(at(group, "Parameters"))...)
	}
	slices.Sort(grouped)
	if names := slices.Sorted(maps.Keys(declared)); !slices.Equal(grouped, names) {
		faults = append(faults, fmt.Sprintf("in groups: %v\nparameters: %v", grouped, names))
	}
	for name, parameter := range declared {
		if !slices.Contains(used, name) && !unusedSetting(name) {
			faults = append(faults, name+" is not used")
		}
		if text(parameter, "Description") == "" {
			faults = append(faults, name+" has no description")
		}
		if text(parameter, "Type") != "String" || at(parameter, "AllowedValues") != nil {
			continue
		}
		pattern, err := regexp.Compile(text(parameter, "AllowedPattern"))
		if err != nil || text(parameter, "AllowedPattern") == "" || text(parameter, "ConstraintDescription") == "" {
			faults = append(faults, name+" has no valid pattern with a description")
		} else if value, ok := at(parameter, "Default").(string); ok && !pattern.MatchString(value) {
			faults = append(faults, name+"'s default does not match its pattern")
		}
	}
	for name := range conditions {
		if !usesCondition(template, name) {
			faults = append(faults, "condition "+name+" is not used")
		}
	}
	return faults
}

// unusedSetting reports whether a parameter is a setting that no function of the route
// table uses.
func unusedSetting(parameter string) bool {
	for _, setting := range config.All() {
		if strings.EqualFold(parameter, strings.ReplaceAll(setting.Name(), "_", "")) {
			return !slices.ContainsFunc(route.Table, func(row route.Route) bool {
				return slices.ContainsFunc(config.Of(row.Function),
					func(s config.Setting) bool { return s.Name() == setting.Name() })
			})
		}
	}
	return false
}

func usesCondition(template object, name string) (used bool) {
	walk(template, func(m object) {
		first := items(m, "Fn::If")
		used = used || text(m, "Condition") == name || len(first) > 0 && first[0] == name
	})
	return used
}

// secrets requires that parameters with secrets are hidden. Where one is an ARN, exactly
// the roles of the functions that use the secret may read it.
func secrets(_ *testing.T, template object) (faults []string) {
	for _, s := range texts(template) {
		if strings.Contains(s, "ssm-secure") {
			faults = append(faults, "ssm-secure is not allowed in functions' environments")
		}
	}
	outputs := references(template["Outputs"])
	for _, setting := range config.All() {
		if !setting.Secret() || setting.Name() == config.OriginSecret.Name() {
			continue
		}
		parameter := secretParameter(template, setting.Name())
		if at(template, "Parameters", parameter, "NoEcho") != true || slices.Contains(outputs, parameter) {
			faults = append(faults, setting.Name()+" is not hidden")
		}
		policy := at(template, "Resources", "Read"+parameter)
		statements := items(policy, "Properties", "PolicyDocument", "Statement")
		if len(statements) == 0 || !slices.Equal(references(at(statements[0], "Resource")), []string{parameter}) ||
			text(policy, "Condition") != parameter+"ByArn" ||
			!slices.Equal(references(at(template, "Conditions", parameter+"ByArn")), []string{parameter}) {
			faults = append(faults, "Read"+parameter+" does not allow "+parameter+" alone, by ARN")
		}
		pattern, err := regexp.Compile(text(template, "Parameters", parameter, "AllowedPattern"))
		if err != nil ||
			!pattern.MatchString("arn:aws:secretsmanager:eu-central-1:123456789012:secret:kinde/prod-AbCdEf#field") {
			faults = append(faults, parameter+" does not match an ARN")
		}
		faults = append(faults, readers(template, setting.Name(), parameter)...)
	}
	return faults
}

// secretParameter returns the parameter that holds a secret setting.
func secretParameter(template object, setting string) string {
	for _, function := range ofType(template, "AWS::Serverless::Function") {
		if from := text(function, "Properties", "Environment", "Variables", setting, "Ref"); from != "" {
			return from
		}
	}
	for name := range at(template, "Parameters").(object) { // no function uses the setting
		if strings.EqualFold(name, strings.ReplaceAll(setting, "_", "")) {
			return name
		}
	}
	return ""
}

// readers checks that exactly the functions that get a secret may read it.
func readers(template object, setting, parameter string) (faults []string) {
	read := "Fn::If " + parameter + "ByArn Read" + parameter
	for name, function := range ofType(template, "AWS::Serverless::Function") {
		role, _, _ := strings.Cut(text(function, "Properties", "Role", "Fn::GetAtt"), ".")
		policies := items(template, "Resources", role, "Properties", "ManagedPolicyArns")
		may := slices.ContainsFunc(policies, func(policy any) bool {
			branch := items(policy, "Fn::If")
			return len(branch) == 3 && read == fmt.Sprint("Fn::If ", branch[0], " ", text(branch[1], "Ref"))
		})
		variable := at(function, "Properties", "Environment", "Variables", setting)
		if may != (variable != nil) {
			faults = append(faults, fmt.Sprintf("%s: uses %s: %t, may read it: %t", name, setting, variable != nil, may))
		}
		if variable != nil && text(variable, "Ref") != parameter {
			faults = append(faults, name+": "+setting+" is not "+parameter)
		}
	}
	return faults
}
