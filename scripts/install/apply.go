package main

import (
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
	edits    map[string][]byte // whole contents of the owner's files, with our blocks
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
		if err := p.site.refuseLink(name); err != nil {
			return err
		}
		content, err := p.site.read(name)
		if err != nil {
			return err
		}
		target := name
		installed, ours := p.before.Files[name]
		same := content != nil && sum(content) == sum(p.files[name])
		if content != nil && !same && !slices.Contains(installed, sum(content)) {
			if name == gateFile { // the owner writes it
				p.after.Files[name] = slices.Compact(append(slices.Clone(installed), sum(p.files[name])))
				continue
			}
			p.changed = append(p.changed, name)
			if ours {
				p.after.Files[name] = installed
			}
			target = name + newSuffix
			p.files[target] = p.files[name]
			if content, err = p.site.read(target); err != nil {
				return err
			}
			same = content != nil && sum(content) == sum(p.files[target])
		}
		p.after.Files[target] = sums{sum(p.files[target])}
		if !same {
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
	file, own, err := p.readOwners(name)
	if err != nil {
		return err
	}
	result, err := edited(file.text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	was, ours := p.before.Blocks[name]
	if ours && own != file.text && result != file.text && !slices.Contains(was, blockSum(file.text)) {
		p.notes = append(p.notes, name+" stays as it is: you have changed the lines between the marks")
		p.after.Blocks[name] = was
		return nil
	}
	if !file.exists && result == "" {
		return nil
	}
	if !file.exists && !slices.Contains(p.after.Created, name) {
		p.after.Created = append(p.after.Created, name)
	}
	unterminated := own != "" && !strings.HasSuffix(own, "\n")
	if unterminated && !slices.Contains(p.after.Unterminated, name) {
		p.after.Unterminated = append(p.after.Unterminated, name)
	}
	p.after.Blocks[name] = sums{blockSum(result)}
	if result != file.text {
		p.edits[name] = file.content(result)
	}
	return nil
}

// readOwners reads a file of the owner's. own is its text without the installation's blocks.
func (p *plan) readOwners(name string) (file textFile, own string, err error) {
	if err := p.site.refuseLink(name); err != nil {
		return textFile{}, "", err
	}
	if file, err = p.site.readText(name); err != nil {
		return textFile{}, "", err
	}
	if own, err = cutAll(file.text); err != nil {
		return textFile{}, "", fmt.Errorf("%s: %w", name, err)
	}
	return file, own, nil
}

// takeOutBlocks plans to take the blocks out of the files that get none any more.
func (p *plan) takeOutBlocks() error {
	for _, name := range slices.Sorted(maps.Keys(p.before.Blocks)) {
		if _, kept := p.after.Blocks[name]; kept {
			continue
		}
		if err := p.takeOut(name); err != nil {
			return err
		}
	}
	return nil
}

// takeOut plans to take the blocks out of a file, which is deleted if the installation
// made it and nothing else is in it.
func (p *plan) takeOut(name string) error {
	file, own, err := p.readOwners(name)
	if err != nil {
		return err
	}
	changed := own != file.text
	if changed && !slices.Contains(p.before.Blocks[name], blockSum(file.text)) {
		p.notes = append(p.notes, name+" stays as it is: you have changed the lines between the marks; remove them yourself")
		return nil
	}
	if slices.Contains(p.before.Unterminated, name) {
		own = strings.TrimSuffix(own, "\n")
	}
	switch {
	case file.exists && own == "" && slices.Contains(p.before.Created, name):
		p.deletes = append(p.deletes, name)
	case changed:
		p.edits[name] = file.content(own)
	}
	return nil
}

// blockSum is the sum of a content's blocks.
func blockSum(content string) string { return sum([]byte(strings.Join(blocksIn(content), ""))) }

// apply makes the changes. The manifest is written first, with the sums from before too,
// so that a run that stops is finished by the next one.
func (p *plan) apply() error {
	during := p.after
	during.Files = union(p.before.Files, p.after.Files)
	during.Blocks = union(p.before.Blocks, p.after.Blocks)
	if err := p.site.writeManifest(during); err != nil {
		return err
	}
	for _, name := range p.writes {
		if err := p.site.write(name, p.files[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.edits)) {
		if err := p.site.write(name, p.edits[name]); err != nil {
			return err
		}
	}
	if err := p.site.delete(p.deletes); err != nil {
		return err
	}
	return p.site.writeManifest(p.after)
}

// union joins the sums of before and after.
func union(before, after map[string]sums) map[string]sums {
	all := map[string]sums{}
	for _, part := range []map[string]sums{before, after} {
		for name, more := range part {
			all[name] = append(slices.Clone(all[name]), more...)
		}
	}
	return all
}

// tmpSuffix is put to the name of a file that is being written.
const tmpSuffix = ".kinde-tmp"

// write replaces a file at once and keeps its mode: a run that stops leaves the old
// content or the new.
func (s *site) write(name string, content []byte) error {
	if err := s.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if err := s.root.WriteFile(name+tmpSuffix, content, 0o644); err != nil {
		return err
	}
	if info, err := s.root.Stat(name); err == nil {
		if err := s.root.Chmod(name+tmpSuffix, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return s.root.Rename(name+tmpSuffix, name)
}

// delete removes files, what a stopped run left of them, and the folders that are empty
// afterwards.
func (s *site) delete(names []string) error {
	for _, name := range names {
		for _, file := range []string{name, name + tmpSuffix} {
			if err := s.root.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
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
	p := &plan{site: s, before: m, edits: map[string][]byte{}}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		if err := p.discard(name); err != nil {
			return nil, err
		}
	}
	return p, p.takeOutBlocks()
}

// remove makes the changes of planRemoval. The manifest goes last.
func (p *plan) remove() error {
	for _, name := range slices.Sorted(maps.Keys(p.edits)) {
		if err := p.site.write(name, p.edits[name]); err != nil {
			return err
		}
	}
	return p.site.delete(append(p.deletes, manifestFile))
}
