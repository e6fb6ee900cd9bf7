"""Job 3: is the live schema the one that the migrations produce, and is it safe?"""
