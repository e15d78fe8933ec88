package session

import "encoding/binary"

// maxOrganizations is how many bytes a session gives to organizations.
const maxOrganizations = 600

// Organization is one of the organizations that a user belongs to.
type Organization struct {
	Code string
	Name string // empty: not known, or it did not fit
}

// Organizations are those that the ID token of the sign-in named.
type Organizations struct {
	List []Organization
	// Incomplete reports whether some codes did not fit.
	Incomplete bool
}

// fit keeps what takes at most max bytes: as many codes as possible, then names.
func (o Organizations) fit(max int) Organizations {
	kept := Organizations{Incomplete: o.Incomplete}
	size := 0
	for _, org := range o.List {
		bare := len(Organization{Code: org.Code}.appendTo(nil))
		if org.Code == "" || size+bare > max {
			kept.Incomplete = kept.Incomplete || org.Code != ""
			continue
		}
		size += bare
		kept.List = append(kept.List, org)
	}
	for i, org := range kept.List {
		more := len(org.appendTo(nil)) - len(Organization{Code: org.Code}.appendTo(nil))
		if size+more > max {
			kept.List[i].Name = ""
			continue
		}
		size += more
	}
	return kept
}

func (org Organization) appendTo(b []byte) []byte {
	return appendText(appendText(b, org.Code), org.Name)
}

func (o Organizations) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(o.List)))
	for _, org := range o.List {
		b = org.appendTo(b)
	}
	return b
}

func (f *fields) organizations() (list []Organization) {
	for n := f.number(); n > 0 && !f.bad; n-- {
		list = append(list, Organization{Code: string(f.text()), Name: string(f.text())})
	}
	return list
}
