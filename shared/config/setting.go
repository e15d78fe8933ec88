package config

// Setting describes how one environment variable is read. The variables of settings.go are
// optional; Setting.Needed makes one that must be set.
type Setting struct {
	name     string
	fallback string // another variable that is read when this one is unset
	preset   string // the default
	needed   bool
	secret   bool // its value may be a Reference
	read     func(*Settings, string) error
}

// Needed returns the setting as one without which the function cannot serve.
func (s Setting) Needed() Setting {
	s.needed = true
	return s
}

// Required reports whether the function cannot serve without the setting.
func (s Setting) Required() bool { return s.needed }

// Name is the environment variable's name.
func (s Setting) Name() string { return s.name }

// Default is the value that an unset setting has, or "".
func (s Setting) Default() string { return s.preset }

// Secret reports whether the value may be a Reference.
func (s Setting) Secret() bool { return s.secret }

// lookup finds the setting's value and the name of the variable that holds it. A
// variable set to the empty string counts as unset, since templates set optional
// ones so.
func (s Setting) lookup(env Lookup) (name, value string) {
	for _, name := range []string{s.name, s.fallback} {
		if name == "" {
			continue
		}
		if value, _ := env(name); value != "" {
			return name, value
		}
	}
	return s.name, s.preset
}

func (s Setting) readOrRefer(settings *Settings, value string) error {
	if s.secret {
		if _, refers, err := ParseReference(value); refers {
			return err
		}
	}
	return s.read(settings, value)
}
