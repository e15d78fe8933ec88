// Package secrets fetches the settings that name a secret of AWS Secrets Manager
// or Systems Manager's Parameter Store by its ARN.
//
// It asks those services itself, with the function's own credentials. AWS's
// Parameters-and-Secrets extension, made for that, answers nobody before the first
// invocation, while a function wants its settings during init, where Lambda lends
// it a whole processor; and AWS's SDK would double the binary.
//
// It defends against a service that hangs, answers without end, redirects or is
// briefly down, and against a secret in a log: faults name the setting, the
// service's error code and the remedy, and nothing that was sent or received.
package secrets

import (
	"context"
	"sync"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/outbound"
)

const (
	// within bounds a whole Fetch: Lambda gives init ten seconds.
	within = 5 * time.Second
	// attemptWithin leaves room in it for a second attempt.
	attemptWithin = 2 * time.Second
)

// Fetch gives a lookup that has the secrets' values in place of the references
// among those settings, and a fault for each that could not be had. Settings that
// name the same secret cost one call; all are made at once. Without references it
// makes none and returns lookup itself.
func Fetch(ctx context.Context, lookup config.Lookup, settings []config.Setting) (config.Lookup, config.Faults) {
	refers := map[string]config.Reference{}
	for _, setting := range settings {
		if !setting.Secret() {
			continue
		}
		value, _ := lookup(setting.Name())
		if reference, ok, err := config.ParseReference(value); ok && err == nil { // config.Load says what is malformed
			refers[setting.Name()] = reference
		}
	}
	if len(refers) == 0 {
		return lookup, nil
	}
	found := fetchAll(ctx, lookup, refers)
	values := map[string]string{}
	var faults config.Faults
	for _, setting := range settings {
		name := setting.Name()
		reference, ok := refers[name]
		if _, done := values[name]; !ok || done {
			continue
		}
		value, err := found[reference.ARN].field(reference.Field)
		if err != nil {
			faults = append(faults, config.Fault{Name: name, Why: "could not be fetched: " + err.Error()})
			delete(refers, name)
			continue
		}
		values[name] = value
	}
	return func(name string) (string, bool) {
		if value, ok := values[name]; ok {
			return value, true
		}
		return lookup(name)
	}, faults
}

func fetchAll(ctx context.Context, lookup config.Lookup, refers map[string]config.Reference) map[string]secret {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	c := client{http: outbound.New(attemptWithin).HTTP(), lookup: lookup}
	defer c.http.CloseIdleConnections() // there is no second use for them
	distinct := map[string]config.Reference{}
	for _, reference := range refers {
		distinct[reference.ARN] = reference
	}
	var mu sync.Mutex
	var wait sync.WaitGroup
	found := map[string]secret{}
	for arn, reference := range distinct {
		wait.Go(func() {
			s := c.get(ctx, reference)
			mu.Lock()
			defer mu.Unlock()
			found[arn] = s
		})
	}
	wait.Wait()
	return found
}
