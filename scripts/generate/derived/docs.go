package derived

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"kinde-functions/shared/config"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
)

// routeTable renders docs/api.md's table of routes.
func routeTable(*project) (string, error) {
	var out strings.Builder
	out.WriteString("| Function | Route | Query parameters | Caller | Purpose |\n|---|---|---|---|---|\n")
	for _, row := range route.Table {
		method := strings.ReplaceAll(row.Method, "ANY", "any method")
		fmt.Fprintf(&out, "| `%s` | %s `%s` | %s | %s | %s |\n", row.Function, method, row.Pattern,
			list(row.Query), caller(row), row.Does)
	}
	return out.String(), nil
}

func caller(row route.Route) string {
	who := "anyone"
	if row.Access == route.User {
		who = "user"
	}
	if row.Device {
		who += " or device"
	}
	if row.Limited {
		who += ", limited"
	}
	return who
}

// settingsTable renders docs/settings.md's table of settings.
func settingsTable(p *project) (string, error) {
	var out strings.Builder
	out.WriteString("| Name | Default | Meaning | Used by |\n|---|---|---|---|\n")
	for _, setting := range config.All() {
		preset := "none"
		switch {
		case setting.Required():
			preset = "required"
		case setting.Default() != "":
			preset = "`" + setting.Default() + "`"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n",
			setting.Name(), preset, p.meanings[setting.Name()], users(setting.Name()))
	}
	return out.String(), nil
}

// users lists the functions that need a setting, and the others that use it.
func users(setting string) string {
	var need, use []string
	all := names(route.Table)
	for _, name := range all {
		switch u := usesOf(name); {
		case slices.Contains(u.needed, setting):
			need = append(need, name)
		case u.has(setting):
			use = append(use, name)
		}
	}
	switch {
	case len(need) == 0:
		return among(use, all)
	case len(use) == 0:
		return "needed by " + among(need, all)
	case len(need)+len(use) > len(all)/2:
		return "needed by " + among(need, all) + "; used by " + among(append(use, need...), all)
	default:
		return "needed by " + among(need, all) + "; used by " + list(use)
	}
}

// among lists names, or those of all that are not in it where they are fewer.
func among(names, all []string) string {
	others := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(names, name) })
	switch {
	case len(others) == 0:
		return "all"
	case len(others) < len(names):
		return "all but " + list(others)
	default:
		return list(names)
	}
}

// codeTable renders docs/errors.md's table of error codes.
func codeTable(*project) (string, error) {
	codes := problem.Codes()
	slices.Sort(codes)
	var out strings.Builder
	out.WriteString("| Code | Status | Title | What to do |\n|---|---|---|---|\n")
	for _, code := range codes {
		fmt.Fprintf(&out, "| `%s` | %d | %s | %s |\n", code, code.Status(), code.Title(), code.Detail())
	}
	return out.String(), nil
}

// list joins names as code.
func list(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

// names returns the functions of rows, each once.
func names(rows []route.Route) []string {
	var found []string
	for _, row := range rows {
		if !slices.Contains(found, row.Function) {
			found = append(found, row.Function)
		}
	}
	return found
}

// sentence turns a declaration's comment, "Name is …", into a sentence of a table.
func sentence(name, comment string) string {
	text := strings.Join(strings.Fields(comment), " ")
	for _, verb := range []string{" is ", " are "} {
		if rest, ok := strings.CutPrefix(text, name+verb); ok {
			text = rest
		}
	}
	runes := []rune(text)
	if len(runes) > 0 {
		runes[0] = unicode.ToUpper(runes[0])
	}
	return string(runes)
}
