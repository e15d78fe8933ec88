package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
)

// home is the folder of the site that holds what the functions share, and the manifest.
const home = "kinde-functions"

var manifestFile = path.Join(home, "manifest.json")

// manifest is what an installation put into a site. A file is listed before it is
// written: after a stop halfway, the next run knows it as its own.
type manifest struct {
	Version   string          `json:"version"`
	Functions []string        `json:"functions"`
	Options   options         `json:"options"`
	Files     map[string]sums `json:"files"`
	Blocks    map[string]sums `json:"blocks,omitempty"` // files of the owner's with blocks, and those blocks' sums
	// Created names those files that were not there before, Unterminated those whose last
	// line had no newline.
	Created      []string `json:"created,omitempty"`
	Unterminated []string `json:"unterminated,omitempty"`
}

// sums are the SHA-256 sums that an unchanged file or block can have: as it was installed
// and, while an upgrade is under way, as it is being installed.
type sums = []string

// options are the owner's choices, which an upgrade repeats.
type options struct {
	AWS     bool `json:"aws,omitempty"`
	Headers bool `json:"headers,omitempty"`
}

// sum does not depend on the line endings, which git may convert at a checkout.
func sum(content []byte) string {
	digest := sha256.Sum256(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")))
	return hex.EncodeToString(digest[:])
}

func (s *site) readManifest() (manifest, error) {
	m := manifest{Files: map[string]sums{}, Blocks: map[string]sums{}}
	text, err := s.read(manifestFile)
	if err != nil || text == nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestFile, err)
	}
	return m, nil
}

func (s *site) writeManifest(m manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return s.write(manifestFile, append(text, '\n'))
}
