package listing

import (
	"strings"
	"testing"

	"kinde-functions/shared/problem"
)

func TestParse(t *testing.T) {
	for name, row := range map[string]struct {
		query   map[string]string
		want    parameters
		refused string
	}{
		"none":  {nil, parameters{}, ""},
		"least": {map[string]string{"page_size": "1"}, parameters{size: 1}, ""},
		"most": {map[string]string{"page_size": "100", "starting_after": "perm_1"},
			parameters{size: 100, after: "perm_1"}, ""},
		"all from a cursor": {map[string]string{"all": "true", "starting_after": "a:b/c=d"},
			parameters{all: true, after: "a:b/c=d"}, ""},
		"not all":            {map[string]string{"all": "false"}, parameters{}, ""},
		"size 0":             {map[string]string{"page_size": "0"}, parameters{}, "page_size"},
		"size -1":            {map[string]string{"page_size": "-1"}, parameters{}, "page_size"},
		"size 101":           {map[string]string{"page_size": "101"}, parameters{}, "page_size"},
		"size beyond an int": {map[string]string{"page_size": "99999999999999999999"}, parameters{}, "page_size"},
		"size text":          {map[string]string{"page_size": "ten"}, parameters{}, "page_size"},
		"size with a sign":   {map[string]string{"page_size": "+5"}, parameters{}, "page_size"},
		"size with a zero":   {map[string]string{"page_size": "05"}, parameters{}, "page_size"},
		"size empty":         {map[string]string{"page_size": ""}, parameters{}, "page_size"},
		"size, though all":   {map[string]string{"page_size": "x", "all": "true"}, parameters{}, "page_size"},
		"cursor empty":       {map[string]string{"starting_after": ""}, parameters{}, "starting_after"},
		"cursor of 10 KB": {map[string]string{"starting_after": strings.Repeat("a", 10<<10)}, parameters{},
			"starting_after"},
		"cursor with a control": {map[string]string{"starting_after": "a\x00b"}, parameters{}, "starting_after"},
		"cursor with a break":   {map[string]string{"starting_after": "a\r\nb"}, parameters{}, "starting_after"},
		"cursor not ASCII":      {map[string]string{"starting_after": "é"}, parameters{}, "starting_after"},
		"all of another kind":   {map[string]string{"all": "yes"}, parameters{}, "all"},
	} {
		got, err := parse(row.query)
		if row.refused == "" {
			if err != nil || got != row.want {
				t.Errorf("%s: got %+v, %v, want %+v", name, got, err, row.want)
			}
			continue
		}
		if p := problem.From(err); err == nil || p.Code != problem.InvalidParameter ||
			!strings.Contains(p.Detail, "`"+row.refused+"`") {
			t.Errorf("%s: got %v, want %s refused", name, err, row.refused)
		}
	}
}
