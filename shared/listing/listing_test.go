package listing

import (
	"strings"
	"testing"

	"kinde-functions/shared/problem"
)

func TestParametersAreReadOrRefusedByName(t *testing.T) {
	for name, row := range map[string]struct {
		query   map[string]string
		want    wish
		refused string
	}{
		"none":  {nil, wish{}, ""},
		"least": {map[string]string{"page_size": "1"}, wish{size: 1}, ""},
		"most": {map[string]string{"page_size": "100", "starting_after": "perm_1"},
			wish{size: 100, after: "perm_1"}, ""},
		"all from a cursor": {map[string]string{"all": "true", "starting_after": "a:b/c=d"},
			wish{all: true, after: "a:b/c=d"}, ""},
		"not all":               {map[string]string{"all": "false"}, wish{}, ""},
		"size 0":                {map[string]string{"page_size": "0"}, wish{}, "page_size"},
		"size -1":               {map[string]string{"page_size": "-1"}, wish{}, "page_size"},
		"size 101":              {map[string]string{"page_size": "101"}, wish{}, "page_size"},
		"size beyond an int":    {map[string]string{"page_size": "99999999999999999999"}, wish{}, "page_size"},
		"size text":             {map[string]string{"page_size": "ten"}, wish{}, "page_size"},
		"size with a sign":      {map[string]string{"page_size": "+5"}, wish{}, "page_size"},
		"size with a zero":      {map[string]string{"page_size": "05"}, wish{}, "page_size"},
		"size empty":            {map[string]string{"page_size": ""}, wish{}, "page_size"},
		"size, though all":      {map[string]string{"page_size": "x", "all": "true"}, wish{}, "page_size"},
		"cursor empty":          {map[string]string{"starting_after": ""}, wish{}, "starting_after"},
		"cursor of 10 KB":       {map[string]string{"starting_after": strings.Repeat("a", 10<<10)}, wish{}, "starting_after"},
		"cursor with a control": {map[string]string{"starting_after": "a\x00b"}, wish{}, "starting_after"},
		"cursor with a break":   {map[string]string{"starting_after": "a\r\nb"}, wish{}, "starting_after"},
		"cursor not ASCII":      {map[string]string{"starting_after": "é"}, wish{}, "starting_after"},
		"all of another kind":   {map[string]string{"all": "yes"}, wish{}, "all"},
	} {
		got, err := read(row.query)
		if row.refused == "" {
			if err != nil || got != row.want {
				t.Errorf("%s: %+v %v", name, got, err)
			}
			continue
		}
		if p := problem.From(err); err == nil || p.Code != problem.InvalidParameter ||
			!strings.Contains(p.Detail, "`"+row.refused+"`") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
