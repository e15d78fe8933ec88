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

func TestLogsExpireAndHoldNoSecrets(t *testing.T) {
	testRule(t, logs, [][2]string{
		{"      RetentionInDays: !Ref LogRetentionDays\n", ""},
		{"      LogFormat: JSON\n", ""},
		{"$context.routeKey", "$context.path"},
		{"$context.error.responseType", "$context.authorizer.claims"},
		{`"bytes":"$context.responseLength",`, `"bytes":"$context.responseLength"`},
		{"      AccessLogSettings:\n", "      AccessLog:\n"},
	})
}

func TestFailuresRaiseAlarms(t *testing.T) {
	testRule(t, alarms, [][2]string{
		{"      MetricName: Failures\n", "      MetricName: Failure\n"},
		{"$.code != ", "$.reason != "},
		{` && ($.code != "not-a-navigation")`, ""},
		{"ExtendedStatistic: p99", "Statistic: Average"},
		{"      Namespace: AWS/Lambda\n      MetricName: Throttles",
			"      Namespace: AWS/Lambda\n      MetricName: Throttle"},
		{"MetricName: Errors, MetricValue", "MetricName: Error, MetricValue"},
		{"      AlarmActions: *topic\n", ""},
		{"&topic !If [Alarmed, [!If [AlarmsToTopic, !Ref AlarmTopicArn, !Ref AlarmTopic]], !Ref AWS::NoValue]",
			"&topic [!Ref AlarmTopic]"},
		{"      Dimensions: [{ Name: ApiId, Value: !Ref Api }]\n", ""},
		{`($.msg = "request" && $.status = 500)`, `($.message = "request" && $.status = 500)`},
	})
}

func TestKmsKeyArnEncryptsLogsTopicAndEnvironments(t *testing.T) {
	testRule(t, ownKey, [][2]string{
		{"      KmsKeyId: !If [OwnKey, !Ref KmsKeyArn, !Ref AWS::NoValue]\n", ""},
		{"      KmsMasterKeyId: !If [OwnKey, !Ref KmsKeyArn, !Ref AWS::NoValue]\n", ""},
		{"    KmsKeyArn: !If [OwnKey, !Ref KmsKeyArn, !Ref AWS::NoValue]\n", ""},
		{"    KmsKeyArn: !If [OwnKey, !Ref KmsKeyArn, !Ref AWS::NoValue]\n", "    KmsKeyArn: !Ref KmsKeyArn\n"},
		{"- !If [OwnKey, { Effect: Allow, Action: kms:Decrypt, Resource: !Ref KmsKeyArn }, !Ref AWS::NoValue]", ""},
		{`  OwnKey: !Not [!Equals [!Ref KmsKeyArn, ""]]`, `  OwnKey: !Not [!Equals [!Ref SecretsKeyArn, ""]]`},
	})
}

func TestLoadIsBounded(t *testing.T) {
	testRule(t, load, [][2]string{
		{"        ThrottlingBurstLimit: !Ref ThrottlingBurst\n", ""},
		{"    ReservedConcurrentExecutions: !If [Reserved, !Ref ReservedConcurrency, !Ref AWS::NoValue]\n", ""},
		{"!If [Reserved, !Ref ReservedConcurrency, !Ref AWS::NoValue]", "!Ref ReservedConcurrency"},
	})
}

// harmless are the variables allowed in the access log: callers cannot put a token into
// any of them. HTTP APIs log a route by its pattern.
var harmless = []string{
	"requestId", "requestTime", "identity.sourceIp", "httpMethod", "routeKey", "status", "responseLength",
	"responseLatency",
	"integration.integrationStatus", "integration.latency", "error.responseType"}

func logs(_ *testing.T, template object) (faults []string) {
	for name, group := range ofType(template, "AWS::Logs::LogGroup") {
		if at(group, "Properties", "RetentionInDays") == nil {
			faults = append(faults, name+" has no retention")
		}
	}
	if text(template, "Globals", "Function", "LoggingConfig", "LogFormat") != "JSON" {
		faults = append(faults, "Lambda's log format is not JSON")
	}
	format := text(template, "Resources", "Api", "Properties", "AccessLogSettings", "Format")
	for _, m := range regexp.MustCompile(`\$context\.([A-Za-z.]+)`).FindAllStringSubmatch(format, -1) {
		if !slices.Contains(harmless, m[1]) {
			faults = append(faults, "the access log has "+m[0])
		}
	}
	if !json.Valid([]byte(format)) {
		faults = append(faults, "the access log is not JSON: "+format)
	}
	return faults
}

func alarms(t *testing.T, template object) (faults []string) {
	own := map[string]bool{} // metrics made from the logs
	for name, filter := range ofType(template, "AWS::Logs::MetricFilter") {
		for _, metric := range items(filter, "Properties", "MetricTransformations") {
			own[text(metric, "MetricName")] = true
		}
		if text(filter, "Properties", "LogGroupName", "Ref") == "Logs" {
			for _, field := range unknownFields(t, text(filter, "Properties", "FilterPattern")) {
				faults = append(faults, name+": the log has no field "+field)
			}
			pattern := text(filter, "Properties", "FilterPattern")
			if strings.Contains(pattern, "$.status >= 500") &&
				!strings.Contains(pattern, fmt.Sprintf("$.code != %q", problem.NotANavigation)) {
				faults = append(faults, name+" counts responses to prefetches")
			}
		}
	}
	watched := map[string]bool{}
	for name, alarm := range ofType(template, "AWS::CloudWatch::Alarm") {
		properties := at(alarm, "Properties")
		space, metric := text(properties, "Namespace"), text(properties, "MetricName")
		statistics := []string{space, metric, text(properties, "Statistic"), text(properties, "ExtendedStatistic")}
		watched[strings.Join(statistics, " ")] = true
		actions := references(at(properties, "AlarmActions"))
		if !slices.Contains(actions, "AlarmTopicArn") || !slices.Contains(actions, "AlarmTopic") {
			faults = append(faults, name+" has no topic")
		}
		if space == "AWS/ApiGateway" && !slices.Contains(references(at(properties, "Dimensions")), "Api") {
			faults = append(faults, name+" has no API as its dimension")
		}
		if space == "" && !own[metric] {
			faults = append(faults, name+": no filter produces the metric "+metric)
		}
	}
	for _, alarm := range []string{
		" Failures Sum ", " Errors Sum ", "AWS/Lambda Throttles Sum ", " Refusals Sum ", "AWS/ApiGateway Latency  p99",
	} {
		if !watched[alarm] {
			faults = append(faults, "no alarm on "+alarm)
		}
	}
	return faults
}

// unknownFields returns the fields of a filter's pattern that the functions' log lines
// lack. Lambda's own lines have record.status.
func unknownFields(t *testing.T, pattern string) (unknown []string) {
	var line bytes.Buffer
	failed := audit.Request{ID: "1", Status: 500, Failure: audit.Failure{Code: "internal"}}
	audit.New(&line, "portal", slog.LevelInfo).Write(failed, nil)
	var fields map[string]any
	if err := json.Unmarshal(line.Bytes(), &fields); err != nil || fields["level"] != "ERROR" ||
		fields["msg"] != "request" || fields["status"] != 500.0 {
		t.Fatalf("got the line %s for a failure", line.String())
	}
	for _, m := range regexp.MustCompile(`\$\.([a-z.]+)`).FindAllStringSubmatch(pattern, -1) {
		if _, ok := fields[m[1]]; !ok && m[1] != "record.status" {
			unknown = append(unknown, m[1])
		}
	}
	return unknown
}

func ownKey(_ *testing.T, template object) (faults []string) {
	uses := map[string]any{
		"environments": at(template, "Globals", "Function", "KmsKeyArn"),
		"the topic":    at(template, "Resources", "AlarmTopic", "Properties", "KmsMasterKeyId"),
	}
	for name, group := range ofType(template, "AWS::Logs::LogGroup") {
		uses[name] = at(group, "Properties", "KmsKeyId")
	}
	for name, use := range uses {
		branch := items(use, "Fn::If")
		if len(branch) != 3 || branch[0] != "OwnKey" ||
			!slices.Equal(references(branch[1:]), []string{"KmsKeyArn", "AWS::NoValue"}) {
			faults = append(faults, name+": not encrypted with KmsKeyArn exactly where that is set")
		}
	}
	if !slices.Equal(references(at(template, "Conditions", "OwnKey")), []string{"KmsKeyArn"}) {
		faults = append(faults, "OwnKey does not depend on KmsKeyArn alone")
	}
	decrypts := false
	walk(at(template, "Resources", "RunFunctions"), func(m object) {
		decrypts = decrypts || m["Action"] == "kms:Decrypt" && text(m, "Resource", "Ref") == "KmsKeyArn"
	})
	if !decrypts {
		faults = append(faults, "functions lack permission to decrypt their environments")
	}
	return faults
}

func load(_ *testing.T, template object) (faults []string) {
	for _, setting := range []string{"ThrottlingRateLimit", "ThrottlingBurstLimit"} {
		if at(template, "Resources", "Api", "Properties", "DefaultRouteSettings", setting, "Ref") == nil {
			faults = append(faults, "no "+setting)
		}
	}
	// Zero reserved instances switch a function off.
	reserved := items(template, "Globals", "Function", "ReservedConcurrentExecutions", "Fn::If")
	if len(reserved) != 3 || text(reserved[1], "Ref") != "ReservedConcurrency" ||
		text(reserved[2], "Ref") != "AWS::NoValue" {
		faults = append(faults, "ReservedConcurrency 0 does not leave concurrency unreserved")
	}
	return faults
}
