package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
)

// part is one part of an account: its name in requests and responses, and how it is
// fetched with the user's token.
type part struct {
	name  string
	fetch func(ctx context.Context, token string) (json.RawMessage, error)
}

type account struct{ parts []part }

func partsOf(client *kinde.Client) []part {
	parts := []part{{"profile", client.UserProfile}}
	for _, list := range []kinde.List{
		kinde.Entitlements, kinde.FeatureFlags, kinde.Permissions, kinde.Properties, kinde.Roles,
	} {
		parts = append(parts, part{string(list), func(ctx context.Context, token string) (json.RawMessage, error) {
			return client.All(ctx, token, list, "")
		}})
	}
	return parts
}

// GET /api/account?include=profile,entitlements,feature_flags,permissions,properties,roles
//
// 200 with the parts in include, or all, fetched in parallel. A part that failed is
// missing, and its problem is in errors.{part}. If all parts failed with the same code,
// that problem is the response.
func (a account) show(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	parts, err := a.included(r.Query)
	if err != nil {
		return nil, err
	}
	bodies, failures := fetch(ctx, r.Caller.Token, parts)
	if common := commonFailure(failures); common != nil {
		return nil, common
	}
	members := map[string]any{}
	problems := map[string]json.RawMessage{}
	for i, p := range parts {
		if failures[i] != nil {
			problems[p.name] = failures[i].Document(r.ID)
		} else {
			members[p.name] = bodies[i]
		}
	}
	if len(problems) > 0 {
		members["errors"] = problems
	}
	response, err := endpoint.Encode(http.StatusOK, members)
	if err != nil {
		return nil, err
	}
	response.Partial = partialFailure(parts, failures)
	response.TokenRefused = slices.ContainsFunc(failures, func(p *problem.Error) bool {
		return p != nil && p.Code == problem.InvalidToken
	})
	return response, nil
}

// included returns the parts that include names, in the order of a.parts.
func (a account) included(query map[string]string) ([]part, error) {
	include, given := query["include"]
	if !given {
		return a.parts, nil
	}
	names := map[string]bool{}
	for name := range strings.SplitSeq(include, ",") {
		names[name] = true
	}
	var parts []part
	for _, p := range a.parts {
		if names[p.name] {
			parts = append(parts, p)
			delete(names, p.name)
		}
	}
	if len(names) > 0 {
		return nil, problem.BadParameter("include",
			"must be a comma list of profile, entitlements, feature_flags, permissions, properties and roles")
	}
	return parts, nil
}

// fetch fetches all parts in parallel. For each part, either the body or the failure is
// nil. A panic is that part's failure and does not end the process.
func fetch(ctx context.Context, token string, parts []part) ([]json.RawMessage, []*problem.Error) {
	bodies := make([]json.RawMessage, len(parts))
	failures := make([]*problem.Error, len(parts))
	var wg sync.WaitGroup
	for i, p := range parts {
		wg.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					failures[i] = problem.New(problem.Internal, fmt.Errorf("panic: %T", v))
				}
			}()
			body, err := p.fetch(ctx, token)
			if err != nil {
				failures[i] = problem.From(err)
				return
			}
			bodies[i] = body
		})
	}
	wg.Wait()
	return bodies, failures
}

// commonFailure returns the problem that all parts failed with, with the longest
// Retry-After, or nil.
func commonFailure(failures []*problem.Error) *problem.Error {
	for _, f := range failures {
		if f == nil || f.Code != failures[0].Code {
			return nil
		}
		failures[0].RetryAfter = max(failures[0].RetryAfter, f.RetryAfter)
	}
	return failures[0]
}

// partialFailure returns an error for the log about the parts that failed, or nil.
func partialFailure(parts []part, failures []*problem.Error) *problem.Error {
	var causes []error
	var failure *problem.Error
	for i, f := range failures {
		if f == nil {
			continue
		}
		causes = append(causes, fmt.Errorf("%s: %w", parts[i].name, f))
		if failure == nil || failure.Remedy == "" {
			failure = &problem.Error{Code: f.Code, Remedy: f.Remedy}
		}
	}
	if failure != nil {
		failure.Cause = errors.Join(causes...)
	}
	return failure
}
