// Package workplace is a developer's machine as the project's scripts see it: the
// folder of the project, and the settings that stand in its .env file and in the
// environment.
//
// It defends against what such a place holds besides: of the environment only what
// the functions know is taken, and no error repeats a line of .env.
package workplace

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kinde-functions/shared/config"
)

// Lookup finds an environment variable, as os.LookupEnv does.
type Lookup = config.Lookup

// WayOut are variables with which a machine reaches the Internet at all.
var WayOut = []string{
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR",
}

// Settings are all of .env in the project's folder, and of the environment what the
// functions know and WayOut, by name. The environment wins.
func Settings(root string, env Lookup) (map[string]string, error) {
	s := map[string]string{}
	file, err := os.ReadFile(filepath.Join(root, ".env"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := readFile(s, file); err != nil {
		return nil, err
	}
	names := slices.Concat(WayOut, slices.Collect(maps.Keys(s)))
	for _, setting := range config.All() {
		names = append(names, setting.Name())
	}
	for _, name := range names {
		if value, set := env(name); set {
			s[name] = value
		}
	}
	return s, nil
}

// readFile reads lines of the form NAME=value, with or without "export" and
// quotes. Errors name the line and never what stands in it.
func readFile(s map[string]string, content []byte) error {
	lines := bufio.NewScanner(bytes.NewReader(content))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, found := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !found || !isName(name) {
			return fmt.Errorf(".env, line %d: want NAME=value", n)
		}
		if quote := strings.IndexAny(value, `"'`); quote == 0 {
			if len(value) < 2 || value[len(value)-1] != value[0] {
				return fmt.Errorf(".env, line %d: the quote is not closed", n)
			}
			value = value[1 : len(value)-1]
		}
		s[name] = value
	}
	if lines.Err() != nil {
		return errors.New(".env: a line is too long")
	}
	return nil
}

func isName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && !('A' <= r && r <= 'Z') && !('a' <= r && r <= 'z') && !('0' <= r && r <= '9')
	})
}

// Root is the project's folder: the nearest one above dir with both a go.mod and
// functions/.
func Root(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for folder := dir; ; folder = filepath.Dir(folder) {
		_, noModule := os.Stat(filepath.Join(folder, "go.mod"))
		info, noFunctions := os.Stat(filepath.Join(folder, "functions"))
		if noModule == nil && noFunctions == nil && info.IsDir() {
			return folder, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("no project found: neither %s nor a folder above it has a go.mod and functions/; change into the repository first", dir)
		}
	}
}
