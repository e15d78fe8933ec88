package main

import (
	"testing"

	"kinde-functions/shared/local/functiontest"
)

func TestProperties(t *testing.T) {
	functiontest.List(t, function, "/api/properties", "properties")
}
