package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
)

// version is that of the bundle; a release sets it with -ldflags -X.
var version = "dev"

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
	body, err := json.Marshal(map[string]any{"version": version, "missing": missing, "wrong": wrong})
	if err != nil {
		return nil, err
	}
	return endpoint.JSON(http.StatusOK, body), nil
}
