%sample%
