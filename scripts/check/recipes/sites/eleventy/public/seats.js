%gate of seats%
