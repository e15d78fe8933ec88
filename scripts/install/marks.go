package main

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// What is put into a file of the owner's stands between two marks, and nothing else of
// the file is changed.
func begin(subject string) string {
	return "# kinde-functions: " + subject + ". Upgrades replace these lines.\n"
}
func end(subject string) string { return "# end of kinde-functions: " + subject + "\n" }

// block returns text between marks.
func block(subject, text string) string { return begin(subject) + text + end(subject) }

// cut returns content without the block of that subject, and the block; "" if there is
// none.
func cut(content, subject string) (rest, found string, err error) {
	start := strings.Index(content, begin(subject))
	if start < 0 {
		return content, "", nil
	}
	length := strings.Index(content[start:], end(subject))
	if length < 0 {
		return "", "", fmt.Errorf("the line %q is missing", strings.TrimSpace(end(subject)))
	}
	stop := start + length + len(end(subject))
	return content[:start] + content[stop:], content[start:stop], nil
}

// subjects are those of all blocks.
var subjects = []string{"Go version", "redirects", "protected pages", "headers", "settings"}

// blocksIn returns the blocks of a content that cutAll accepts.
func blocksIn(content string) []string {
	var blocks []string
	for _, subject := range subjects {
		if _, found, err := cut(content, subject); err == nil && found != "" {
			blocks = append(blocks, found)
		}
	}
	return blocks
}

// strayMark matches a mark that stands alone, twice or changed.
var strayMark = regexp.MustCompile(`(?m)^[ \t]*# (end of )?kinde-functions: (` + strings.Join(subjects, "|") + `)\b.*`)

// cutAll returns content without any block. It refuses marks that it cannot pair: what
// stands between them is not known.
func cutAll(content string) (string, error) {
	for _, subject := range subjects {
		var err error
		if content, _, err = cut(content, subject); err != nil {
			return "", err
		}
	}
	if stray := strayMark.FindString(content); stray != "" {
		return "", fmt.Errorf("the line %q is without its other mark, or there twice; restore or remove the block",
			strings.TrimSpace(stray))
	}
	return content, nil
}

var (
	redirectTable    = regexp.MustCompile(`(?m)^[ \t]*\[\[[ \t]*redirects[ \t]*\]\]`)
	edgeTable        = regexp.MustCompile(`(?m)^[ \t]*\[\[[ \t]*edge_functions[ \t]*\]\]`)
	environmentTable = regexp.MustCompile(`(?m)^[ \t]*\[[ \t]*build\.environment[ \t]*\][^\n]*\n`)
)

// tomlBlocks are the blocks of netlify.toml; an empty one is left out.
type tomlBlocks struct{ redirects, gate, headers, goVersion string }

// gateBlock runs the check of protected pages before every request, and scripts/gate after
// every build.
const gateBlock = `[[edge_functions]]
  function = "gate"
  path = "/*"

[[plugins]]
  package = "/kinde-functions/scripts/gate/plugin"
`

// editTOML puts the blocks into netlify.toml in place of those from before. The redirects
// come before the owner's, since the first that matches counts and a single-page app's
// matches everything. The check of protected pages comes before the owner's edge functions,
// since one may respond itself. The result is read again: what Netlify could not read, or a
// change of anything of the owner's, is an error.
func editTOML(content string, blocks tomlBlocks) (string, error) {
	content, err := cutAll(content)
	if err != nil {
		return "", err
	}
	edited := content
	if blocks.redirects != "" {
		edited = insert(edited, placeBefore(edited, redirectTable), block("redirects", blocks.redirects))
	}
	if blocks.gate != "" {
		edited = insert(edited, placeBefore(edited, edgeTable), block("protected pages", blocks.gate))
	}
	if blocks.goVersion != "" {
		line := fmt.Sprintf("GO_VERSION = %q\n", blocks.goVersion)
		if found := environmentTable.FindStringIndex(edited); found != nil {
			edited = insert(edited, found[1], block("Go version", line))
		} else {
			edited = insert(edited, len(edited), block("Go version", "[build.environment]\n"+line))
		}
	}
	if blocks.headers != "" {
		edited = insert(edited, len(edited), block("headers", blocks.headers))
	}
	var before, after map[string]any
	if err := toml.Unmarshal([]byte(content), &before); err != nil {
		return "", err
	}
	if err := toml.Unmarshal([]byte(edited), &after); err != nil {
		return "", fmt.Errorf("it cannot be edited without rewriting it: %w", err)
	}
	if !keeps(after, before) {
		return "", errors.New("it cannot be edited without changing what it says")
	}
	return edited, nil
}

// keeps reports whether an edited value has everything of the value before, tables of an
// array in their order.
func keeps(after, before any) bool {
	switch before := before.(type) {
	case map[string]any:
		after, _ := after.(map[string]any)
		for key, value := range before {
			if !keeps(after[key], value) {
				return false
			}
		}
		return true
	case []map[string]any:
		after, _ := after.([]map[string]any)
		for _, table := range before {
			at := slices.IndexFunc(after, func(t map[string]any) bool { return reflect.DeepEqual(t, table) })
			if at < 0 {
				return false
			}
			after = after[at+1:]
		}
		return true
	default:
		return reflect.DeepEqual(after, before)
	}
}

// placeBefore returns the place of the first table, with the comment above it, or the end.
func placeBefore(content string, table *regexp.Regexp) int {
	if found := table.FindStringIndex(content); found != nil {
		return commentAbove(content, found[0])
	}
	return len(content)
}

// insert puts a block at a place where a line begins.
func insert(content string, at int, block string) string {
	if at > 0 && content[at-1] != '\n' {
		block = "\n" + block
	}
	return content[:at] + block + content[at:]
}

// commentAbove moves a place up over the comment lines directly above it.
func commentAbove(content string, at int) int {
	for at > 0 {
		start := strings.LastIndexByte(content[:at-1], '\n') + 1
		if !bytes.HasPrefix(bytes.TrimLeft([]byte(content[start:at]), " \t"), []byte("#")) {
			return at
		}
		at = start
	}
	return at
}
