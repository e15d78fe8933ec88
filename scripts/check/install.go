package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// pins is where the tools' versions are pinned. They are kept out of the
// project's root: Netlify would install what it finds there at every deploy.
const pins = "scripts/check/tools"

// installNPM installs the Netlify command-line tool and Redocly's.
func installNPM(j *job) error { return j.installPackages("npm", pins) }

// installGenerators installs the site generators that the recipes name. They are apart
// from the tools, so that neither decides what the other's packages get. Astro 5 is the
// last that runs on Node.js 20.
func installGenerators(j *job) error { return j.installPackages("generators", pins+"/generators") }

// installSDKs installs Kinde's SDKs, apart from the tools for the same reason.
func installSDKs(j *job) error { return j.installPackages("sdks", pins+"/sdks") }

// installWebhooks installs the package that verifies forwarded events.
func installWebhooks(j *job) error { return j.installPackages("webhooks", pins+"/webhooks") }

// installDeno installs Deno, in which Netlify's tool runs edge functions.
func installDeno(j *job) error { return j.installPackages("deno", pins+"/deno") }

// installPackages installs what a package.json pins. The packages' install scripts are
// not run: none is needed, and some download binaries.
func (j *job) installPackages(name, from string) error {
	return j.install(name, from, []string{".npmrc", "package.json", "package-lock.json"}, func(dir string) error {
		cmd := j.command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
		cmd.Dir = dir
		return j.finish(cmd)
	})
}

// installPython installs the SAM command-line tool, cfn-lint and schemathesis.
func installPython(j *job) error {
	return j.install("venv", pins, []string{"requirements.txt"}, func(dir string) error {
		if err := j.run("python3", "-m", "venv", dir); err != nil {
			return err
		}
		pip := filepath.Join(dir, "bin", "pip")
		// The pins are complete, which pip check confirms. pip's resolver would want a hash
		// of its own for a package with extras.
		if err := j.run(pip, "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes",
			"-r", filepath.Join(dir, "requirements.txt")); err != nil {
			return err
		}
		return j.run(pip, "--disable-pip-version-check", "check")
	})
}

// debian is what comes from Debian's packages where the machine lacks it: a
// package, and the command that shows whether it is there.
var debian = []struct {
	pkg  string
	test []string
}{
	{"chromium", []string{"chromium", "--version"}},
	{"jq", []string{"jq", "--version"}},
	{"python3-venv", []string{"python3", "-c", "import ensurepip"}},
	{"qemu-user-static", []string{"qemu-aarch64-static", "--version"}},
	{"redis-server", []string{"redis-server", "--version"}},
	{"shellcheck", []string{"shellcheck", "--version"}},
}

// installDebian installs the packages that are missing, as root on Debian.
// Elsewhere it says which they are and fails.
func installDebian(j *job) error {
	var missing []string
	for _, d := range debian {
		if err := exec.CommandContext(j.ctx, d.test[0], d.test[1:]...).Run(); err != nil {
			missing = append(missing, d.pkg)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("install %s, or run this as root on Debian", strings.Join(missing, " "))
	}
	if err := j.run("apt-get", "update", "-q"); err != nil {
		return err
	}
	cmd := j.command("apt-get", append([]string{"install", "-q", "-y", "--no-install-recommends"}, missing...)...)
	cmd.Env = append(cmd.Env, "DEBIAN_FRONTEND=noninteractive")
	return j.finish(cmd)
}

// install fills .tools/name by fill, after copying the pins there from their folder,
// unless that was done with the same pins before.
func (j *job) install(name, from string, files []string, fill func(dir string) error) error {
	dir, err := j.place(name)
	if err != nil {
		return err
	}
	sum := sha256.New()
	fmt.Fprintln(sum, dir) // what is installed holds its own path
	contents := make([][]byte, len(files))
	for i, file := range files {
		content, err := os.ReadFile(filepath.Join(j.root, from, file))
		if err != nil {
			return err
		}
		contents[i] = content
		fmt.Fprintf(sum, "%s %d\n%s", file, len(content), content)
	}
	stamp, want := filepath.Join(dir, "installed"), fmt.Appendf(nil, "%x\n", sum.Sum(nil))
	if have, err := os.ReadFile(stamp); err == nil && bytes.Equal(have, want) {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i, file := range files {
		if err := os.WriteFile(filepath.Join(dir, file), contents[i], 0o644); err != nil {
			return err
		}
	}
	if err := fill(dir); err != nil {
		return err
	}
	return os.WriteFile(stamp, want, 0o644)
}

// place makes the folder .tools/name and gives where it really is: .tools may be a
// link, by which several clones share what is installed.
func (j *job) place(name string) (string, error) {
	if err := os.MkdirAll(j.tool(name), 0o755); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(j.tool(name))
}
