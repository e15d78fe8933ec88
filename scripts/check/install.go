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

// pins is the folder with the tools' pinned versions. Netlify would install packages of the
// root folder at every deploy.
const pins = "scripts/check/tools"

// packages returns a step that installs what a package.json pins. Each set has a folder of
// its own, so that none affects the versions of another. Install scripts are not run: none
// is needed, and some download binaries.
func packages(name, from string) func(*job) error {
	return func(j *job) error {
		return j.install(name, from, []string{".npmrc", "package.json", "package-lock.json"}, func(dir string) error {
			cmd := j.command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
			cmd.Dir = dir
			return j.finish(cmd)
		})
	}
}

// pythonPackages returns a step that installs what a requirements.txt pins.
func pythonPackages(name, from string) func(*job) error {
	return func(j *job) error {
		return j.install(name, from, []string{"requirements.txt"}, func(dir string) error {
			if err := j.run("python3", "-m", "venv", dir); err != nil {
				return err
			}
			pip := filepath.Join(dir, "bin", "pip")
			// The pins are complete, which pip check confirms. With the resolver, packages with
			// extras would require hashes of their own.
			if err := j.run(pip, "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes",
				"-r", filepath.Join(dir, "requirements.txt")); err != nil {
				return err
			}
			return j.run(pip, "--disable-pip-version-check", "check")
		})
	}
}

// debian lists the required Debian packages, each with a command that succeeds if it is
// installed.
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

// installDebian installs the missing packages as root on Debian. Elsewhere it fails and
// names them.
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

// install copies the files with pins from a folder to .tools/name and calls fill, unless
// that was done before with the same content.
func (j *job) install(name, from string, files []string, fill func(dir string) error) error {
	dir, err := j.toolFolder(name)
	if err != nil {
		return err
	}
	sum := sha256.New()
	fmt.Fprintln(sum, dir) // installed tools contain their own path
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

// toolFolder creates the folder .tools/name and returns its real path: .tools may be a
// link that several clones share.
func (j *job) toolFolder(name string) (string, error) {
	if err := os.MkdirAll(j.tool(name), 0o755); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(j.tool(name))
}
