// Package workplace finds the project on a developer's machine: its folder, and its
// settings in the .env file and in the environment.
//
// It defends against what such a machine holds besides. Of the environment it takes only
// what the functions know, and no error quotes .env.
package workplace

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/joho/godotenv"

	"kinde-functions/shared/config"
)

// Lookup finds an environment variable, as os.LookupEnv does.
type Lookup = config.Lookup

// Proxies are the variables by which a machine reaches the Internet.
var Proxies = []string{
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR",
}

// scopeAlias is the name that config.Scopes has in Kinde's SDKs. The functions read it too.
const scopeAlias = "KINDE_SCOPE"

// Settings returns all variables of .env in the folder root, and those of the environment
// that the functions know, Proxies, or .env names. The environment takes precedence.
func Settings(root string, env Lookup) (map[string]string, error) {
	settings, err := readFile(filepath.Join(root, ".env"))
	if err != nil {
		return nil, err
	}
	names := slices.Concat(Proxies, []string{scopeAlias}, slices.Collect(maps.Keys(settings)))
	for _, setting := range config.All() {
		names = append(names, setting.Name())
	}
	for _, name := range names {
		if value, set := env(name); set {
			settings[name] = value
		}
	}
	return settings, nil
}

// readFile returns the variables of a file, none if there is no file.
func readFile(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	settings, err := godotenv.Parse(file)
	for name := range settings {
		if !validName.MatchString(name) {
			err = errors.New("invalid name")
		}
	}
	if err != nil { // its text may quote the file
		return nil, errors.New(".env: a line is not NAME=value, or a quote is not closed")
	}
	return settings, nil
}

var validName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Root returns the project's folder: dir or the nearest folder above it that has both a
// go.mod and functions/.
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
			return "", fmt.Errorf("no project found: neither %s nor a folder above it has a go.mod and functions/; "+
				"change into the repository first", dir)
		}
	}
}
