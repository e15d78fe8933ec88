package main

import (
	"context"
	"net/http"
	"runtime/debug"

	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
)

// version is the bundle's; a release sets it with -ldflags -X (scripts/package).
var version = ""

// built returns the release, or else the commit if the go command recorded it.
func built() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	commit, changed := "", ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			commit = setting.Value[:min(len(setting.Value), 12)]
		case setting.Key == "vcs.modified" && setting.Value == "true":
			changed = "-dirty"
		}
	}
	if commit == "" {
		return "dev"
	}
	return commit + changed
}

type health struct{ lookup config.Lookup }

// GET /api/health
//
// 200 {"version", "missing": [names], "wrong": [names], "off": {capability: [names]}},
// for the settings of all functions.
func (h health) report(context.Context, *endpoint.Request) (*endpoint.Response, error) {
	status := config.Check(h.lookup)
	return endpoint.Encode(http.StatusOK, map[string]any{
		"version": built(), "missing": status.Missing, "wrong": status.Wrong, "off": status.Off,
	})
}
