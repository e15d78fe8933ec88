package main

import (
	"testing"

	"kinde-functions/shared/local/functiontest"
)

func TestRoles(t *testing.T) {
	functiontest.List(t, function, "/api/roles", "roles")
}
