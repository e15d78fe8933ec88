//go:build realtools

package hosts

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

// ownDistribution is how the owner's template begins, with a bucket of pages.
const ownDistribution = `      DistributionConfig:
        Enabled: true
        DefaultCacheBehavior:
          TargetOriginId: pages
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6 # CachingOptimized
%s        Origins:
          - Id: pages
            DomainName: my-site.s3.eu-central-1.amazonaws.com
            S3OriginConfig: { OriginAccessIdentity: "" }
`

// TestSAMBehindExistingDistribution installs into a site with -aws, builds what was
// installed, adds cloudfront.yaml to the distribution of a site, and signs in through it.
func TestSAMBehindExistingDistribution(t *testing.T) {
	sam, lint, project := tool(t, "venv/bin/sam"), tool(t, "venv/bin/cfn-lint"), copyOfProject(t)
	pages := t.TempDir()
	home := filepath.Join(pages, "kinde-functions")
	for _, name := range []string{"index.html", "members/index.html"} {
		writeFile(t, filepath.Join(pages, name), "my page: "+name)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"},
		{"-c", "user.name=Owner", "-c", "user.email=owner@example.com", "commit", "-q", "-m", "My site"}} {
		run(t, pages, nil, "git", args...)
	}
	install := []string{"run", "./scripts/install", "-yes", "-aws", "-only", "portal,user-profile,gate", pages}
	run(t, project, nil, "go", install...)
	writeFile(t, filepath.Join(home, "gate.json"), `{"rules": [{"path": "/members/"}]}`)
	run(t, project, nil, "go", install...) // puts the rules into the template
	own := pasteParts(t, home)
	run(t, home, samEnv, sam, "validate", "--lint")
	run(t, home, nil, lint, "--include-checks", "I", "--", "template.yaml", own)
	run(t, home, samEnv, sam, "build")
	var template samTemplate
	readYAML(t, filepath.Join(home, ".aws-sam", "build", "template.yaml"), &template)
	want := "CallbackFunction GateFunction HealthFunction LoginFunction LogoutFunction OrganizationsFunction " +
		"PortalFunction RefreshFunction SessionFunction UserProfileFunction"
	if got := strings.Join(template.functions(), " "); got != want {
		t.Errorf("got the functions %s, want %s", got, want)
	}

	const site = "https://www.example.com"
	kinde := startKinde(t, site)
	var log functiontest.Log
	t.Cleanup(func() { showIfFailed(t, &log) })
	base, api := gatewayServer(t, template.serve(t, filepath.Join(home, ".aws-sam", "build"), map[string]string{
		"ServeSite": "existing", "KindeSiteUrl": site, "KindeIssuerUrl": kinde.URL,
		"KindeClientId": kinde.Env()["KINDE_CLIENT_ID"], "KindeClientSecret": kinde.Env()["KINDE_CLIENT_SECRET"],
		"SessionKeys": sessionKeys, "GateKeys": sessionKeys,
	}, &log))
	front := httptest.NewServer(template.distribution(t, own, api, bucket(pages)))
	t.Cleanup(front.Close)
	through := served{base: front.URL, site: site, kinde: kinde, log: &log}
	t.Run("sign-in", through.testSignIn)
	t.Run("protected page", through.testProtectedPage)
	t.Run("direct requests choose no host", served{base: base, site: site, kinde: kinde}.testNoHostIsChosen)

	run(t, project, nil, "go", "run", "./scripts/install", "-yes", "-remove", pages)
	left, err := command(t.Context(), pages, nil, "git", "status", "--porcelain", "-uall", "--", ".",
		":!kinde-functions/.aws-sam").CombinedOutput()
	if got := string(left); err != nil || got != "?? kinde-functions/gate.json\n" {
		t.Errorf("after -remove git reports %v %q, want the owner's gate.json alone", err, got)
	}
}

// pasteParts adds cloudfront.yaml to the template of a site's distribution.
func pasteParts(t *testing.T, home string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(home, "cloudfront.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	const config, origins = "      DistributionConfig:\n", "        Origins:\n"
	begin := strings.Index(text, "        DefaultCacheBehavior:\n")
	end := strings.Index(text, "        CacheBehaviors:")
	if begin < 0 || end < begin || !strings.Contains(text, config+origins) {
		t.Fatalf("got cloudfront.yaml\n%s\nwant origins, and the functions of the default behavior", text)
	}
	functions := strings.TrimPrefix(text[begin:end], "        DefaultCacheBehavior:\n")
	text = strings.Replace(text[:begin]+text[end:], config+origins, fmt.Sprintf(ownDistribution, functions), 1)
	file := filepath.Join(t.TempDir(), "distribution.yaml")
	writeFile(t, file, text)
	return file
}

// distribution returns a stand-in for the distribution of the owner's template, whose
// parameters are outputs of this one.
func (s samTemplate) distribution(t *testing.T, own string, api, pages http.Handler) *distribution {
	t.Helper()
	var template struct {
		Resources struct {
			Distribution struct {
				Properties struct {
					DistributionConfig struct {
						DefaultCacheBehavior cacheBehavior   `yaml:"DefaultCacheBehavior"`
						CacheBehaviors       []cacheBehavior `yaml:"CacheBehaviors"`
						Origins              []struct {
							ID                  string `yaml:"Id"`
							OriginCustomHeaders []struct {
								HeaderName  string `yaml:"HeaderName"`
								HeaderValue string `yaml:"HeaderValue"`
							} `yaml:"OriginCustomHeaders"`
						} `yaml:"Origins"`
					} `yaml:"DistributionConfig"`
				} `yaml:"Properties"`
			} `yaml:"Distribution"`
		} `yaml:"Resources"`
	}
	readYAML(t, own, &template)
	config := template.Resources.Distribution.Properties.DistributionConfig
	d := &distribution{t: t, api: api, pages: pages, originHeader: http.Header{},
		behaviors: append(slices.Clone(config.CacheBehaviors), config.DefaultCacheBehavior)}
	code := map[string]string{}
	for _, b := range d.behaviors {
		for _, f := range b.FunctionAssociations {
			id := s.Outputs[strings.TrimPrefix(f.FunctionARN, "Kinde")].Value.GetAtt[0]
			code[f.FunctionARN] = s.Resources[id].Properties.FunctionCode
		}
	}
	d.edge = startEdge(t, code, map[string]string{"GATE_KEYS": sessionKeys})
	for _, origin := range config.Origins {
		for _, h := range origin.OriginCustomHeaders {
			if h.HeaderValue != "{{resolve:secretsmanager:${KindeOriginSecretArn}}}" ||
				s.Outputs["OriginSecretArn"].Value.Ref != "OriginSecret" {
				t.Errorf("got the header %v, want the secret of the output", h)
			}
			d.originHeader.Set(h.HeaderName, originSecret)
		}
	}
	return d
}

// bucket serves the files of a folder, and lists no folder.
func bucket(dir string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := fs.ReadFile(os.DirFS(dir), strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write(content) // else the client has left
	})
}

// testProtectedPage visits a protected page without a pass: the edge, the function and
// Kinde lead back to it.
func (s served) testProtectedPage(t *testing.T) {
	cookies := map[string]string{}
	target := s.site + "/members/?a=b"
	var passed []string
	for range 8 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(target, s.site, s.base, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(target, s.site) {
			r.Host = "www.example.com"
			r.Header.Set("Sec-Fetch-Site", "none")
			r.Header.Set("Sec-Fetch-Mode", "navigate")
			r.Header.Set("X-Viewer-Host", "evil.example")
			r.Header.Set("X-Origin-Secret", "guess")
			for name, value := range cookies {
				r.AddCookie(&http.Cookie{Name: name, Value: value})
			}
		} else {
			r.AddCookie(s.kinde.Kinde.SessionCookie(kindetest.DemoUser))
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		passed = append(passed, fmt.Sprint(res.StatusCode, " ", r.URL.Path))
		if res.StatusCode == http.StatusOK {
			if string(body) != "my page: members/index.html" || res.Header.Get("Cache-Control") != "private, no-store" {
				t.Errorf("got %q with Cache-Control %q, want the page, private", body, res.Header.Get("Cache-Control"))
			}
			return
		}
		for _, cookie := range res.Cookies() {
			if cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
				delete(cookies, cookie.Name)
			}
		}
		if target = res.Header.Get("Location"); strings.HasPrefix(target, "/") {
			target = s.site + target
		}
	}
	t.Errorf("got %q, want the page", passed)
}

// testNoHostIsChosen sends the viewer's headers to the API itself.
func (s served) testNoHostIsChosen(t *testing.T) {
	for _, secret := range []string{"", "guess", strings.ToLower(originSecret), originSecret + ","} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/auth/login", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = apiHost
		r.Header.Set("Accept", "application/json")
		r.Header.Set("X-Viewer-Host", "www.example.com")
		r.Header.Set("X-Viewer-Address", "192.0.2.99")
		if secret != "" {
			r.Header.Set("X-Origin-Secret", secret)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), `"wrong-host"`) {
			t.Errorf("secret of %d characters: got %d %s, %v, want wrong-host", len(secret), res.StatusCode, body, err)
		}
	}
}

func writeFile(t *testing.T, file, content string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, []byte(content), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
