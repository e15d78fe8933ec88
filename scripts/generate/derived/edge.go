package derived

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"kinde-functions/shared/gate"
)

// maxEdgeFunction is the most bytes that a CloudFront function may have.
const maxEdgeFunction = 10_240

// edgeFunctions renders CloudFront's functions for protected pages, put together from
// edge/ and gate.json.
func edgeFunctions(p *project) (string, error) {
	request, err := p.edgeFunction("request.js", "open", "folds", "normalPath", "requirements", "equal", "passMeets",
		"check", "keyList")
	if err != nil {
		return "", err
	}
	response, err := p.edgeFunction("response.js", "open", "folds", "normalPath", "requirements")
	if err != nil {
		return "", err
	}
	return resource("GateRequest", "gate", "Lets a browser with a pass into protected pages", request, `
        KeyValueStoreAssociations: [{ KeyValueStoreARN: !GetAtt GateStore.Arn }]`) +
		resource("GateResponse", "gated", "Keeps protected pages out of shared caches", response, ""), nil
}

func resource(id, name, comment, code, config string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `  %s:
    Type: AWS::CloudFront::Function
    Condition: ProtectedPages
    Properties:
      Name: !Join ["-", [%s, !Select [2, !Split [/, !Ref AWS::StackId]]]]
      AutoPublish: true
      FunctionConfig:
        Runtime: cloudfront-js-2.0
        Comment: %s%s
      FunctionCode: |
`, id, name, comment, config)
	for line := range strings.Lines(code) {
		b.WriteString("        " + line)
	}
	b.WriteString("\n")
	return b.String()
}

// edgeFunction puts a template of edge/cloudfront, parts of edge/check.js and the rules
// together, without comments and indentation.
func (p *project) edgeFunction(template string, parts ...string) (string, error) {
	var sources [2][]byte
	for i, name := range []string{"edge/cloudfront/" + template, "edge/check.js"} {
		text, err := os.ReadFile(filepath.Join(p.root, filepath.FromSlash(name)))
		if err != nil {
			return "", err
		}
		sources[i] = text
	}
	rules, err := gate.Parse(p.rules)
	if err != nil {
		return "", err
	}
	return assembleEdge(string(sources[0]), string(sources[1]), rules, parts...)
}

func assembleEdge(template, library string, rules gate.Rules, parts ...string) (string, error) {
	imports, body := "", ""
	for line := range strings.Lines(template) {
		if strings.HasPrefix(line, "import ") {
			imports += line
		} else {
			body += line
		}
	}
	table, err := preparedRules(rules)
	if err != nil {
		return "", err
	}
	code := imports + "const rules = " + table + ";\n"
	for _, name := range parts {
		part, err := declaration(library, name)
		if err != nil {
			return "", err
		}
		code += part
	}
	code = compact(code + body)
	if len(code) > maxEdgeFunction {
		return "", fmt.Errorf("the CloudFront function has %d bytes; the limit is %d: shorten gate.json", len(code),
			maxEdgeFunction)
	}
	return code, nil
}

// preparedRules gives the rules as prepare of edge/check.js does.
func preparedRules(rules gate.Rules) (string, error) {
	type prepared struct {
		Prefix string `json:"prefix"`
		Text   string `json:"text"`
	}
	list := make([]prepared, len(rules))
	for i, rule := range rules {
		list[i] = prepared{strings.TrimSuffix(rule.Path, "/") + "/", rule.Text()}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(list)
	return strings.TrimSpace(text.String()), err
}

// declaration returns a top-level declaration of a script, which ends before an empty
// line.
func declaration(script, name string) (string, error) {
	begin := regexp.MustCompile(`(?m)^(export )?((async )?function|const) ` + regexp.QuoteMeta(name) +
		`\b`).FindStringIndex(script)
	if begin == nil {
		return "", fmt.Errorf("edge/check.js declares no %s", name)
	}
	text, _, _ := strings.Cut(script[begin[0]:], "\n\n")
	return strings.TrimPrefix(strings.TrimSpace(text), "export ") + "\n", nil
}

// compact drops comments that have a line of their own, indentation and empty lines.
func compact(script string) string {
	var b strings.Builder
	for line := range strings.Lines(script) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
