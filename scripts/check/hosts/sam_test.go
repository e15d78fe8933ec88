//go:build realtools

package hosts

import (
	"debug/elf"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/lambdarun"
)

// samEnv keeps the SAM tool off the network, and passes Go the flags that template.yaml
// names.
var samEnv = []string{
	"SAM_CLI_TELEMETRY=0", "AWS_EC2_METADATA_DISABLED=true", "AWS_DEFAULT_REGION=us-east-1",
	"CGO_ENABLED=0", "GOFLAGS=-tags=lambda.norpc '-ldflags=-s -w'",
}

// TestSAM builds the functions, runs them behind a stand-in for the HTTP API, with the
// events and the environment that the template gives each, and calls them there.
func TestSAM(t *testing.T) {
	sam, dir := tool(t, "venv/bin/sam"), copyOfProject(t)
	run(t, dir, samEnv, sam, "validate", "--lint")
	run(t, dir, samEnv, sam, "build")
	built := filepath.Join(dir, ".aws-sam", "build")
	var template samTemplate
	readYAML(t, filepath.Join(built, "template.yaml"), &template)
	checkFolders(t, filepath.Join(dir, "template.yaml"))

	const site = "https://www.example.com"
	kinde := startKinde(t, site)
	parameters := map[string]string{
		"KindeIssuerUrl": kinde.URL, "KindeClientId": kinde.Env()["KINDE_CLIENT_ID"],
		"KindeClientSecret": kinde.Env()["KINDE_CLIENT_SECRET"], "SessionKeys": sessionKeys,
		"KindeM2MClientId":     kinde.Env()["KINDE_M2M_CLIENT_ID"],
		"KindeM2MClientSecret": kinde.Env()["KINDE_M2M_CLIENT_SECRET"],
		"KindeDeviceClientId":  kinde.Env()["KINDE_DEVICE_CLIENT_ID"], "ConnectedApps": kinde.Env()["CONNECTED_APPS"],
		"KindeSiteUrl": site, "AllowedOrigins": extraOrigin, "GateKeys": sessionKeys,
	}
	var log functiontest.Log
	t.Cleanup(func() { showIfFailed(t, &log) })
	for _, id := range template.functions() {
		binary := filepath.Join(built, id, "bootstrap")
		checkBinary(t, binary, elf.EM_AARCH64)
		printSize(t, "AWS", id, binary, zipped(t, binary))
	}
	server := httptest.NewServer(template.serve(t, built, parameters, &log))
	t.Cleanup(server.Close)
	served{base: server.URL, site: site, kinde: kinde, log: &log}.testContract(t)
}

// serve starts the built functions behind a stand-in for the HTTP API.
func (s samTemplate) serve(t *testing.T, built string, parameters map[string]string, log io.Writer) http.Handler {
	t.Helper()
	gateway := http.NewServeMux()
	for _, id := range s.functions() {
		function, err := lambdarun.Start(t.Context(), lambdarun.Options{
			Binary: runnable(t, filepath.Join(built, id, "bootstrap")), Env: s.environment(t, id, parameters), Output: log,
			MemoryMB: s.Globals.Function.MemorySize,
			Timeout:  time.Duration(s.Globals.Function.Timeout) * time.Second,
		})
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		t.Cleanup(func() { _ = function.Close() })
		for _, event := range s.Resources[id].Properties.Events {
			gateway.Handle(event.pattern(), lambdarun.Handler(function, lambdarun.HTTPAPI2))
		}
	}
	return gateway
}

// originSecret is what Secrets Manager generates for OriginSecret.
const originSecret = "S0meGeneratedSecretOfFortyEightCharacters12345678"

// samTemplate is what the tests read of a template.
type samTemplate struct {
	Parameters map[string]struct {
		Default *string `yaml:"Default"`
	} `yaml:"Parameters"`
	Globals struct {
		Function struct {
			Timeout    int `yaml:"Timeout"`    // s
			MemorySize int `yaml:"MemorySize"` // MB
		} `yaml:"Function"`
	} `yaml:"Globals"`
	Resources map[string]struct {
		Type       string `yaml:"Type"`
		Properties struct {
			Environment struct {
				Variables map[string]samValue `yaml:"Variables"`
			} `yaml:"Environment"`
			Events       map[string]samEvent `yaml:"Events"`
			FunctionCode string              `yaml:"FunctionCode"`
		} `yaml:"Properties"`
	} `yaml:"Resources"`
	Outputs map[string]struct {
		Value samValue `yaml:"Value"`
	} `yaml:"Outputs"`
}

// samValue is a parameter's value, one of two values by a condition, or joined names.
type samValue struct {
	Ref    string   `yaml:"Ref"`
	If     []any    `yaml:"Fn::If"`
	Join   []any    `yaml:"Fn::Join"`
	GetAtt []string `yaml:"Fn::GetAtt"`
}

type samEvent struct {
	Properties struct {
		Method string `yaml:"Method"`
		Path   string `yaml:"Path"`
	} `yaml:"Properties"`
}

// pattern is the event's route as net/http writes it.
func (e samEvent) pattern() string {
	path := strings.ReplaceAll(e.Properties.Path, "+}", "...}")
	if e.Properties.Method == "ANY" {
		return path
	}
	return e.Properties.Method + " " + path
}

// functions lists the logical ids of the functions.
func (s samTemplate) functions() []string {
	var ids []string
	for id, resource := range s.Resources {
		if resource.Type == "AWS::Serverless::Function" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// environment is the environment of a function under these parameters and the defaults of
// the others.
func (s samTemplate) environment(t *testing.T, id string, parameters map[string]string) []string {
	t.Helper()
	value := func(parameter string) string {
		given, ok := parameters[parameter]
		if preset := s.Parameters[parameter].Default; !ok && preset != nil {
			return *preset
		}
		return given
	}
	var env []string
	for name, variable := range s.Resources[id].Properties.Environment.Variables {
		switch otherwise, _ := last(variable.If).(string); {
		case variable.Ref != "":
			env = append(env, name+"="+value(variable.Ref))
		case len(variable.Join) == 2:
			env = append(env, name+"="+joinSet(variable.Join[1], value))
		case len(variable.If) == 3 && variable.If[0] == "BehindCloudFront":
			if value("ServeSite") != "no" {
				otherwise = originSecret
			}
			env = append(env, name+"="+otherwise)
		default:
			t.Errorf("%s: %s has no value", id, name)
		}
	}
	return env
}

// joinSet joins names, and of those in an Fn::If such as [RedisUrlSet, REDIS_URL, ""]
// the ones whose parameter has a value.
func joinSet(items any, value func(parameter string) string) string {
	var names []string
	list, _ := items.([]any)
	for _, item := range list {
		if name, ok := item.(string); ok {
			names = append(names, name)
			continue
		}
		condition, _ := item.(map[string]any)["Fn::If"].([]any)
		parameter := strings.TrimSuffix(fmt.Sprint(condition[0]), "Set")
		if value(parameter) != "" {
			names = append(names, fmt.Sprint(condition[1]))
		}
	}
	return strings.Join(names, ",")
}

func last(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1]
}

// checkFolders checks that every folder in functions/ has its resource.
func checkFolders(t *testing.T, template string) {
	t.Helper()
	var source struct {
		Resources map[string]struct {
			Properties struct {
				CodeURI string `yaml:"CodeUri"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	readYAML(t, template, &source)
	var folders []string
	for _, resource := range source.Resources {
		if folder := resource.Properties.CodeURI; folder != "" {
			folders = append(folders, path.Base(folder))
		}
	}
	slices.Sort(folders)
	if want := functions(t); !slices.Equal(folders, want) {
		t.Errorf("template.yaml builds %v, functions/ has %v", folders, want)
	}
}

func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(content, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// runnable is the arm64 binary in a form that this machine runs: itself, or a
// script that runs it in an emulator.
func runnable(t *testing.T, binary string) string {
	t.Helper()
	if runtime.GOARCH == "arm64" {
		return binary
	}
	emulator, err := exec.LookPath("qemu-aarch64-static")
	if err != nil {
		t.Fatalf("%v; go run ./scripts/check sam installs it on Debian", err)
	}
	script := binary + ".emulated"
	if err := os.WriteFile(script, fmt.Appendf(nil, "#!/bin/sh\nexec '%s' '%s'\n", emulator, binary), 0o755); err != nil {
		t.Fatal(err)
	}
	return script
}
