package main

import "path/filepath"

// freeze stops functions 200 times each while their connections are closed,
// and a few times for long while their connections are dropped.
func freeze(j *job) error {
	return j.run("go", "test", "-count=1", "./scripts/check/freeze", "-all", "-thaws=200", "-drops=5", "-stop=6s")
}

// emulator runs a built function under AWS's Runtime Interface Emulator.
func emulator(j *job) error {
	rie := filepath.Join(j.root, ".tools", "aws-lambda-rie")
	const pkg = "github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie"
	if err := j.run("go", "build", emulatorMod, "-o", rie, pkg); err != nil {
		return err
	}
	cmd := j.command("go", "test", tags, "-count=1", "./scripts/check/emulator")
	cmd.Env = append(cmd.Env, "AWS_LAMBDA_RIE="+rie)
	return j.finish(cmd)
}

// emulatorMod pins the emulator apart from the analyzers, whose modules differ.
const emulatorMod = "-modfile=" + pins + "/emulator.mod"
