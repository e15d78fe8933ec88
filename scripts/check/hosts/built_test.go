//go:build realtools

package hosts

import (
	"archive/zip"
	"compress/flate"
	"context"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kinde-functions/scripts/check/tree"
)

// root is the project's folder; go test runs here, three folders below.
const root = "../../.."

// functions lists the folders in functions/.
func functions(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, "functions"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	if len(names) == 0 {
		t.Fatal("there are no functions")
	}
	return names
}

// copyOfProject returns a folder with the project's files, as a clone has them.
func copyOfProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := tree.Copy(root, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// tool is the path of something in .tools/.
func tool(t *testing.T, path string) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(root, ".tools", path))
	if err == nil {
		_, err = os.Stat(file)
	}
	if err != nil {
		t.Fatalf("%v; go run ./scripts/check installs it", err)
	}
	return file
}

// command prepares a tool that runs in dir and is killed with all it started
// when ctx ends.
func command(ctx context.Context, dir string, env []string, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

func run(t *testing.T, dir string, env []string, name string, args ...string) {
	t.Helper()
	if out, err := command(t.Context(), dir, env, name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
}

// checkBinary checks that a file is a Linux program for the machine that needs
// no library and no loader.
func checkBinary(t *testing.T, file string, machine elf.Machine) {
	t.Helper()
	program, err := elf.Open(file)
	if err != nil {
		t.Errorf("%s: %v", file, err)
		return
	}
	defer program.Close()
	if program.Machine != machine || program.Type != elf.ET_EXEC {
		t.Errorf("%s is %v for %v; want %v for %v", file, program.Type, program.Machine, elf.ET_EXEC, machine)
	}
	dynamic := func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC }
	if slices.ContainsFunc(program.Progs, dynamic) {
		t.Errorf("%s is dynamically linked", file)
	}
	if program.Section(".symtab") != nil || program.Section(".debug_info") != nil {
		t.Errorf("%s is not stripped", file)
	}
}

// unzip takes one file out of an archive, makes it executable and returns its
// path.
func unzip(t *testing.T, archive, name string) string {
	t.Helper()
	in, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	from, err := in.Open(name)
	if err != nil {
		t.Fatalf("%s: %v", archive, err)
	}
	defer from.Close()
	content, err := io.ReadAll(from)
	if err != nil {
		t.Fatalf("%s: %v", archive, err)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// zipped is a file's size in a zip archive, in bytes: what is uploaded.
func zipped(t *testing.T, file string) int64 {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var size counter
	out, err := flate.NewWriter(&size, flate.DefaultCompression)
	if err == nil {
		_, err = io.Copy(out, in)
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return int64(size)
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// printSize adds a line to the table of sizes.
func printSize(t *testing.T, host, function, binary string, zipped int64) {
	t.Helper()
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%-8s %-20s %5.2f MB, %5.2f MB zipped\n", host, function, mb(info.Size()), mb(zipped))
}

func mb(bytes int64) float64 { return float64(bytes) / 1e6 }
