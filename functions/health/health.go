package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"

	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
)

// version is that of the bundle; a release sets it with -ldflags -X (scripts/package).
var version = ""

// built says what this is a build of: the release, or else the commit, where the go
// command knew it.
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
// 200 {"version", "missing": [names], "wrong": [names]}, for the settings of
// all functions, since they share one environment.
func (h health) report(context.Context, *endpoint.Request) (*endpoint.Reply, error) {
	_, err := config.Load(h.lookup, config.All()...)
	var faults config.Faults
	if err != nil && !errors.As(err, &faults) {
		return nil, err
	}
	missing, wrong := faults.Split()
	body, err := json.Marshal(map[string]any{"version": built(), "missing": missing, "wrong": wrong})
	if err != nil {
		return nil, err
	}
	return endpoint.JSON(http.StatusOK, body), nil
}
