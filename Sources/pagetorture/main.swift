print("pagetorture")
