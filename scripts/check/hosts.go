package main

func cfnLint(j *job) error {
	return j.run(j.tool("venv", "bin", "cfn-lint"), "--include-checks", "I", "--", "template.yaml")
}
