package cloudformation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/audit"
	"kinde-functions/shared/problem"
)

func init() {
	rules["logs are kept for a time and hold nothing secret"] = rule{logs, [][2]string{
		{"      RetentionInDays: !Ref LogRetentionDays\n", ""},
		{"      LogFormat: JSON\n", ""},
		{"$context.routeKey", "$context.path"},
		{"$context.error.responseType", "$context.authorizer.claims"},
		{`"bytes":"$context.responseLength",`, `"bytes":"$context.responseLength"`},
		{"      AccessLogSettings:\n", "      AccessLog:\n"},
	}}
	rules["somebody hears of failures"] = rule{alarms, [][2]string{
		{"      MetricName: Failures\n", "      MetricName: Failure\n"},
		{"$.code != ", "$.reason != "},
		{` && ($.code != "not-a-navigation")`, ""},
		{"ExtendedStatistic: p99", "Statistic: Average"},
		{"      Namespace: AWS/Lambda\n      MetricName: Throttles", "      Namespace: AWS/Lambda\n      MetricName: Throttle"},
		{"MetricName: Errors, MetricValue", "MetricName: Error, MetricValue"},
		{"      AlarmActions: *topic\n", ""},
		{"&topic !If [Alarmed, [!If [AlarmsToTopic, !Ref AlarmTopicArn, !Ref AlarmTopic]], !Ref AWS::NoValue]", "&topic [!Ref AlarmTopic]"},
		{"      Dimensions: [{ Name: ApiId, Value: !Ref Api }]\n", ""},
		{`($.msg = "request" && $.status = 500)`, `($.message = "request" && $.status = 500)`},
	}}
	rules["KmsKeyArn encrypts logs, topic and environments"] = rule{ownKey, [][2]string{
		{"      KmsKeyId: !If [OwnKey, !Ref KmsKeyArn, !Ref AWS::NoValue]\n", ""},
		{"      KmsMasterKeyId: !If [OwnKey, !Ref KmsKeyArn, !Ref AWS::NoValue]\n", ""},
		{"    KmsKeyArn: !If [OwnKey, !Ref KmsKeyArn, !Ref AWS::NoValue]\n", ""},
		{"    KmsKeyArn: !If [OwnKey, !Ref KmsKeyArn, !Ref AWS::NoValue]\n", "    KmsKeyArn: !Ref KmsKeyArn\n"},
		{"- !If [OwnKey, { Effect: Allow, Action: kms:Decrypt, Resource: !Ref KmsKeyArn }, !Ref AWS::NoValue]", ""},
		{`  OwnKey: !Not [!Equals [!Ref KmsKeyArn, ""]]`, `  OwnKey: !Not [!Equals [!Ref SecretsKeyArn, ""]]`},
	}}
	rules["load is bounded"] = rule{load, [][2]string{
		{"        ThrottlingBurstLimit: !Ref ThrottlingBurst\n", ""},
		{"    ReservedConcurrentExecutions: !If [Reserved, !Ref ReservedConcurrency, !Ref AWS::NoValue]\n", ""},
		{"!If [Reserved, !Ref ReservedConcurrency, !Ref AWS::NoValue]", "!Ref ReservedConcurrency"},
	}}
}

// harmless are what may stand in the access log: nothing that a caller may have put
// a token into. HTTP APIs name the route by its pattern.
var harmless = []string{"requestId", "requestTime", "identity.sourceIp", "httpMethod", "routeKey", "status", "responseLength", "responseLatency",
	"integration.integrationStatus", "integration.latency", "error.responseType"}

func logs(_ *testing.T, template object) (wrong []string) {
	for name, group := range ofType(template, "AWS::Logs::LogGroup") {
		if at(group, "Properties", "RetentionInDays") == nil {
			wrong = append(wrong, name+" is kept for ever")
		}
	}
	if text(template, "Globals", "Function", "LoggingConfig", "LogFormat") != "JSON" {
		wrong = append(wrong, "Lambda's own lines are no JSON")
	}
	format := text(template, "Resources", "Api", "Properties", "AccessLogSettings", "Format")
	for _, m := range regexp.MustCompile(`\$context\.([A-Za-z.]+)`).FindAllStringSubmatch(format, -1) {
		if !slices.Contains(harmless, m[1]) {
			wrong = append(wrong, "in the access log: "+m[0])
		}
	}
	if !json.Valid([]byte(format)) {
		wrong = append(wrong, "the access log is no JSON: "+format)
	}
	return wrong
}

func alarms(t *testing.T, template object) (wrong []string) {
	own := map[string]bool{} // metrics made from the logs
	for name, filter := range ofType(template, "AWS::Logs::MetricFilter") {
		for _, metric := range items(filter, "Properties", "MetricTransformations") {
			own[text(metric, "MetricName")] = true
		}
		if text(filter, "Properties", "LogGroupName", "Ref") == "Logs" {
			for _, field := range unknownFields(t, text(filter, "Properties", "FilterPattern")) {
				wrong = append(wrong, name+": the log has no field "+field)
			}
			pattern := text(filter, "Properties", "FilterPattern")
			if strings.Contains(pattern, "$.status >= 500") && !strings.Contains(pattern, fmt.Sprintf("$.code != %q", problem.NotANavigation)) {
				wrong = append(wrong, name+" counts what a prefetch gets")
			}
		}
	}
	watched := map[string]bool{}
	for name, alarm := range ofType(template, "AWS::CloudWatch::Alarm") {
		properties := at(alarm, "Properties")
		space, metric := text(properties, "Namespace"), text(properties, "MetricName")
		watched[strings.Join([]string{space, metric, text(properties, "Statistic"), text(properties, "ExtendedStatistic")}, " ")] = true
		if told := references(at(properties, "AlarmActions")); !slices.Contains(told, "AlarmTopicArn") || !slices.Contains(told, "AlarmTopic") {
			wrong = append(wrong, name+" tells nobody")
		}
		if space == "AWS/ApiGateway" && !slices.Contains(references(at(properties, "Dimensions")), "Api") {
			wrong = append(wrong, name+" is of no API")
		}
		if space == "" && !own[metric] {
			wrong = append(wrong, name+": nothing makes the metric "+metric)
		}
	}
	for _, need := range []string{" Failures Sum ", " Errors Sum ", "AWS/Lambda Throttles Sum ", " Refusals Sum ", "AWS/ApiGateway Latency  p99"} {
		if !watched[need] {
			wrong = append(wrong, "nothing watches "+need)
		}
	}
	return wrong
}

// unknownFields are those of a filter's pattern that neither our log lines have nor
// Lambda's, whose outcome is record.status.
func unknownFields(t *testing.T, pattern string) (unknown []string) {
	var line bytes.Buffer
	audit.New(&line, "portal", slog.LevelInfo).Write(audit.Request{ID: "1", Status: 500, Failure: audit.Failure{Code: "internal"}}, nil)
	var fields map[string]any
	if err := json.Unmarshal(line.Bytes(), &fields); err != nil || fields["level"] != "ERROR" || fields["msg"] != "request" || fields["status"] != 500.0 {
		t.Fatalf("a failure is logged as %s", line.String())
	}
	for _, m := range regexp.MustCompile(`\$\.([a-z.]+)`).FindAllStringSubmatch(pattern, -1) {
		if _, ok := fields[m[1]]; !ok && m[1] != "record.status" {
			unknown = append(unknown, m[1])
		}
	}
	return unknown
}

func ownKey(_ *testing.T, template object) (wrong []string) {
	uses := map[string]any{
		"environments": at(template, "Globals", "Function", "KmsKeyArn"),
		"the topic":    at(template, "Resources", "AlarmTopic", "Properties", "KmsMasterKeyId"),
	}
	for name, group := range ofType(template, "AWS::Logs::LogGroup") {
		uses[name] = at(group, "Properties", "KmsKeyId")
	}
	for name, use := range uses {
		branch := items(use, "Fn::If")
		if len(branch) != 3 || branch[0] != "OwnKey" || !slices.Equal(references(branch[1:]), []string{"KmsKeyArn", "AWS::NoValue"}) {
			wrong = append(wrong, name+": not encrypted by KmsKeyArn, or not only where it is given")
		}
	}
	if !slices.Equal(references(at(template, "Conditions", "OwnKey")), []string{"KmsKeyArn"}) {
		wrong = append(wrong, "OwnKey is not about KmsKeyArn")
	}
	decrypts := false
	walk(at(template, "Resources", "RunFunctions"), func(m object) {
		decrypts = decrypts || m["Action"] == "kms:Decrypt" && text(m, "Resource", "Ref") == "KmsKeyArn"
	})
	if !decrypts {
		wrong = append(wrong, "functions may not decrypt their environments")
	}
	return wrong
}

func load(_ *testing.T, template object) (wrong []string) {
	for _, setting := range []string{"ThrottlingRateLimit", "ThrottlingBurstLimit"} {
		if at(template, "Resources", "Api", "Properties", "DefaultRouteSettings", setting, "Ref") == nil {
			wrong = append(wrong, "no "+setting)
		}
	}
	// 0 instances would be a function switched off.
	reserved := items(template, "Globals", "Function", "ReservedConcurrentExecutions", "Fn::If")
	if len(reserved) != 3 || text(reserved[1], "Ref") != "ReservedConcurrency" || text(reserved[2], "Ref") != "AWS::NoValue" {
		wrong = append(wrong, "ReservedConcurrency 0 is not none")
	}
	return wrong
}
