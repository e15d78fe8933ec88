package main

import (
	"testing"

	"kinde-functions/shared/local/functiontest"
)

func TestFeatureFlags(t *testing.T) {
	functiontest.List(t, function, "/api/feature-flags", "feature_flags")
}
