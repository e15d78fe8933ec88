package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// plan is what an installation will change.
type plan struct {
	site     *site
	before   manifest
	after    manifest
	files    map[string][]byte // what is installed
	edits    map[string]string // whole contents of the owner's files, with our blocks
	writes   []string          // files to write
	changed  []string          // files that the owner has changed
	deletes  []string          // files of an earlier version
	abandons []string          // such files that the owner has changed: they stay
	notes    []string          // what the owner should know
}

// newSuffix is put to the name of a file that is written beside the owner's.
const newSuffix = ".kinde-new"

// compare decides, for every file, what is to be done. In place of a file that the owner
// has changed, the new one is installed beside it.
func (p *plan) compare() error {
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		content, err := p.site.read(name)
		if err != nil {
			return err
		}
		target := name
		installed, ours := p.before.Files[name]
		if content != nil && !bytes.Equal(content, p.files[name]) && !slices.Contains(installed, sum(content)) {
			p.changed = append(p.changed, name)
			if ours {
				p.after.Files[name] = installed
			}
			target = name + newSuffix
			p.files[target] = p.files[name]
			if content, err = p.site.read(target); err != nil {
				return err
			}
		}
		p.after.Files[target] = sums{sum(p.files[target])}
		if !bytes.Equal(content, p.files[target]) {
			p.writes = append(p.writes, target)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.before.Files)) {
		if _, kept := p.files[name]; kept {
			continue
		}
		if err := p.discard(name); err != nil {
			return err
		}
	}
	return nil
}

// discard decides about a file that is not installed any more.
func (p *plan) discard(name string) error {
	content, err := p.site.read(name)
	switch {
	case err != nil:
		return err
	case content == nil:
	case slices.Contains(p.before.Files[name], sum(content)):
		p.deletes = append(p.deletes, name)
	default:
		p.abandons = append(p.abandons, name)
	}
	return nil
}

// edit plans the new content of a file of the owner's, which edited makes from its
// present one. A block that the owner has changed stays, and is named.
func (p *plan) edit(name string, edited func(content string) (string, error)) error {
	text, err := p.site.read(name)
	if err != nil {
		return err
	}
	content := string(text)
	own, err := cutAll(content)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if was, ok := p.before.Blocks[name]; ok && own != content && was != blockSum(content) {
		p.notes = append(p.notes, name+" stays as it is: you have changed the lines between the marks")
		p.after.Blocks[name] = was
		return nil
	}
	result, err := edited(content)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if text == nil && result == "" {
		return nil
	}
	if text == nil && !slices.Contains(p.after.Created, name) {
		p.after.Created = append(p.after.Created, name)
	}
	unterminated := own != "" && !strings.HasSuffix(own, "\n")
	if unterminated && !slices.Contains(p.after.Unterminated, name) {
		p.after.Unterminated = append(p.after.Unterminated, name)
	}
	p.after.Blocks[name] = blockSum(result)
	if result != content {
		p.edits[name] = result
	}
	return nil
}

// blockSum is the sum of a content's blocks.
func blockSum(content string) string { return sum([]byte(strings.Join(blocksIn(content), ""))) }

// apply makes the changes. The manifest is written first, with the sums from before too,
// so that a run that stops is finished by the next one.
func (p *plan) apply() error {
	during := p.after
	during.Files = map[string]sums{}
	maps.Copy(during.Files, p.before.Files)
	for name, after := range p.after.Files {
		during.Files[name] = append(slices.Clone(during.Files[name]), after...)
	}
	if err := p.site.writeManifest(during); err != nil {
		return err
	}
	for _, name := range p.writes {
		if err := p.site.write(name, p.files[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.edits)) {
		if err := p.site.write(name, []byte(p.edits[name])); err != nil {
			return err
		}
	}
	if err := p.site.delete(p.deletes); err != nil {
		return err
	}
	return p.site.writeManifest(p.after)
}

// write replaces a file at once: a run that stops leaves the old content or the new.
func (s *site) write(name string, content []byte) error {
	if err := s.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	temporary := name + ".kinde-tmp"
	if err := s.root.WriteFile(temporary, content, 0o644); err != nil {
		return err
	}
	return s.root.Rename(temporary, name)
}

// delete removes files, and the folders that are empty afterwards.
func (s *site) delete(names []string) error {
	for _, name := range names {
		if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
			if s.root.Remove(folder) != nil { // not empty
				break
			}
		}
	}
	return nil
}

// planRemoval plans to take out what the manifest says, and nothing else.
func planRemoval(s *site, m manifest) (*plan, error) {
	p := &plan{site: s, before: m, edits: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		if err := p.discard(name); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Blocks)) {
		text, err := s.read(name)
		if err != nil {
			return nil, err
		}
		own, err := cutAll(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if slices.Contains(m.Unterminated, name) {
			own = strings.TrimSuffix(own, "\n")
		}
		switch {
		case own == "" && slices.Contains(m.Created, name):
			p.deletes = append(p.deletes, name)
		case own != string(text):
			p.edits[name] = own
		}
	}
	return p, nil
}

// remove makes the changes of planRemoval. The manifest goes last.
func (p *plan) remove() error {
	for _, name := range slices.Sorted(maps.Keys(p.edits)) {
		if err := p.site.write(name, []byte(p.edits[name])); err != nil {
			return err
		}
	}
	return p.site.delete(append(p.deletes, manifestFile))
}
