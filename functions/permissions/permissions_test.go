package main

import (
	"testing"

	"kinde-functions/shared/local/functiontest"
)

func TestPermissions(t *testing.T) {
	functiontest.List(t, function, "/api/permissions", "permissions")
}
